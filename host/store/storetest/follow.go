package storetest

import (
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func followCases() []Case {
	return []Case{
		{Name: "runs that are to be followed are listed from their end on", test: follows},
		{Name: "runs are to be followed however they end", test: followsEveryEnd},
		{Name: "the runs that an end has made are listed", test: listsChildren},
	}
}

func (f *fixture) unfollowed() []run.Run {
	f.Helper()
	all, err := f.queue().Unfollowed(f.ctx, store.MaxPage)
	f.check("listing what is to be followed", err)
	return all
}

// followed is due with something to do after the end.
func followed(id string, n int) store.Due {
	d := over(schedule.OverlapAllow, id, n)
	d.Follow = true
	return d
}

func follows(f *fixture) {
	f.create("s")
	f.claim(5, followed("s", 1), followed("s", 2), followed("s", 3), over(schedule.OverlapAllow, "s", 4))
	equal(f, "how many there are while they run", len(f.unfollowed()), 0)
	f.check("following what has not ended", f.queue().Followed(f.ctx, []string{runID("s", 2)}))
	f.end(runID("s", 2), 6, run.Failed)
	f.end(runID("s", 4), 6, run.Failed)
	f.endAgain(runID("s", 3), 1, 7, store.Again{ReadyAt: minute(9)})
	f.end(runID("s", 1), 8, run.Succeeded)
	equal(f, "what there is", f.unfollowed(), []run.Run{f.mustRun(runID("s", 2)), f.mustRun(runID("s", 1))})
	some, err := f.queue().Unfollowed(f.ctx, 1)
	f.check("listing", err)
	equal(f, "the first", runIDs(some), []string{runID("s", 2)})
	for range 2 {
		f.check("following", f.queue().Followed(f.ctx, []string{runID("s", 2), "absent", runID("s", 4), runID("s", 3)}))
		equal(f, "what there is then", runIDs(f.unfollowed()), []string{runID("s", 1)})
	}
	f.check("following nothing", f.queue().Followed(f.ctx, nil))
	equal(f, "what is taken", runIDs(f.take(9, 9)), []string{runID("s", 3)})
	end := ending(runID("s", 3))
	end.Number, end.At = 2, minute(7) // by a clock that went back
	_, err = f.st.End(f.ctx, end)
	f.check("ending", err)
	equal(f, "what there is at last", runIDs(f.unfollowed()), []string{runID("s", 3), runID("s", 1)})
	if _, err := f.queue().Unfollowed(f.ctx, store.MaxPage+1); err == nil {
		f.Error("a limit beyond the bounds is accepted")
	}
}

func followsEveryEnd(f *fixture) {
	f.create("s", "replaced")
	waits := patient("s", 2, 1)
	waits.Follow = true
	abandoned := waits
	abandoned.DueAt, abandoned.RunID, abandoned.MaxWait = minute(3), runID("s", 3), 0
	old := followed("replaced", 1)
	old.Start = false
	f.claim(5, followed("s", 1), waits, abandoned, old)
	f.claim(6, over(schedule.OverlapReplace, "replaced", 6))
	f.expire(9)
	_, err := f.st.Abandon(f.ctx, store.Abandon{RunID: abandoned.RunID, At: minute(10), State: run.Cancelled})
	f.check("abandoning", err)
	asked := f.asked("asked", "s")
	asked.Follow = true
	f.trigger(asked)
	f.end("asked", 11, run.Lost)
	f.leave(host, 12)
	equal(f, "what there is", runIDs(f.unfollowed()), []string{old.RunID, waits.RunID, abandoned.RunID, "asked", runID("s", 1)})
	f.id = "host-2"
	f.join(f.id)
	never := followed("s", 13)
	never.Start = false
	f.claim(13, never)
	f.leave(f.id, 14)
	f.join("host-3")
	if ids := runIDs(f.unfollowed()); len(ids) != 6 {
		f.Errorf("what never started is not to be followed: %v", ids)
	}
}

func listsChildren(f *fixture) {
	f.create("s", "t")
	f.trigger(f.asked("parent", "s"))
	children := func(id string) []run.Run {
		f.Helper()
		all, err := f.queue().Children(f.ctx, id)
		f.check("listing children", err)
		return all
	}
	equal(f, "how many there are at first", len(children("parent")), 0)
	var want []run.Run
	for n, id := range []string{"c", "a", "b"} {
		asked := f.asked(id, map[bool]string{true: "t", false: "s"}[n == 0])
		asked.Run.ParentID, asked.Run.Trigger, asked.Run.CreatedAt = "parent", run.ByChain, minute(5).Add(time.Duration(n)*time.Minute)
		if n > 0 {
			asked.Run.Step = fmt.Sprint("step ", n)
		}
		asked.Run.IdempotencyKey = "after parent " + id
		r, _ := f.trigger(asked)
		equal(f, "the step and the parent", []string{r.Step, r.ParentID}, []string{asked.Run.Step, "parent"})
		again, made := f.trigger(asked)
		equal(f, "the answer again", again, r)
		equal(f, "whether it was made again", made, false)
		want = append(want, r)
	}
	f.end("a", 9, run.Failed)
	want[1] = f.mustRun("a")
	equal(f, "the children", children("parent"), want)
	equal(f, "how many of another there are", len(children("a")), 0)
	equal(f, "how many have no parent", len(children("")), 0)
}

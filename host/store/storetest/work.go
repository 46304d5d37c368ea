package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func workCases() []Case {
	return []Case{
		{Name: "a run of no schedule keeps its work", Reopens: true, test: workComesBack},
		{Name: "work that no run can have is refused", test: workRefused},
		{Name: "work up to the limits comes back", test: workUpToLimits},
		{Name: "an idempotency key counts among runs of no schedule", test: workKeys},
		{Name: "an idempotency key makes one run of no schedule for many at a time", test: workKeyTogether},
		{Name: "runs of no schedule that wait are taken side by side", test: workTaken},
		{Name: "a run of no schedule that lost its host is looked for with its work", Reopens: true, test: workLost},
		{Name: "a run of no schedule is followed with its work", test: workFollowed},
		{Name: "a run of no schedule is deleted when it is old and followed", test: workPruned},
		{Name: "a run of no schedule that waits too long or is abandoned has its work", test: workGivenUp},
	}
}

// work is some work with all that it may say.
func work() *run.Work {
	return &run.Work{
		Arguments: json.RawMessage(`{"app_id":"<å&>","partial":true,"mode":1.50}`),
		Timeout:   90*time.Second + time.Nanosecond,
		OnSuccess: []run.Next{{Action: "qlik-sense-reload", Plugin: "qlik", Arguments: json.RawMessage(`{"task_id":"a"}`)}},
		OnFailure: []run.Next{{Action: "b", Plugin: "p", Arguments: json.RawMessage(`{}`)}, {Action: "c", Plugin: "p", Arguments: json.RawMessage(`{"x":[null]}`)}},
	}
}

// worked is a trigger of a run of no schedule, at minute 1.
func (f *fixture) worked(runID string, start bool) store.Trigger {
	t := f.asked(runID, "")
	t.Run.ScheduleName, t.Run.Plugin, t.Run.Work, t.Start = "", "qlik", work(), start
	return t
}

func workComesBack(f *fixture) {
	for _, start := range []bool{true, false} {
		asked := f.worked(fmt.Sprint("r-", start), start)
		want := asked.Run
		want.State = run.Waiting
		if start {
			want.State, want.StartedAt, want.Attempts = run.Running, minute(1), 1
		}
		r, made := f.trigger(asked)
		equal(f, "whether it was made", made, true)
		equal(f, "the answer", r, want)
		equal(f, "the run", f.mustRun(want.ID), want)
		f.reopen()
		equal(f, "the run after opening again", f.mustRun(want.ID), want)
		want.Work = nil
		equal(f, "the run in a list", f.runs(store.RunQuery{States: []run.State{want.State}}).Runs, []run.Run{want})
	}
	f.create("s")
	f.claim(1, due("s", 1))
	equal(f, "the work of a run of a schedule", f.mustRun(runID("s", 1)).Work, nil)
}

func workRefused(f *fixture) {
	f.create("s")
	many := make([]run.Next, run.MaxNext+1)
	for i := range many {
		many[i] = run.Next{Arguments: json.RawMessage("{}")}
	}
	for name, spoil := range map[string]func(*store.Trigger){
		"with a schedule too":                func(t *store.Trigger) { t.Run.ScheduleID = "s" },
		"neither work nor a schedule":        func(t *store.Trigger) { t.Run.Work = nil },
		"that waits for others":              func(t *store.Trigger) { t.Overlap = schedule.OverlapQueue },
		"without arguments":                  func(t *store.Trigger) { t.Run.Work.Arguments = nil },
		"with arguments that are a list":     func(t *store.Trigger) { t.Run.Work.Arguments = json.RawMessage("[]") },
		"with arguments that are no JSON":    func(t *store.Trigger) { t.Run.Work.Arguments = json.RawMessage("{") },
		"with arguments that are no UTF-8":   func(t *store.Trigger) { t.Run.Work.Arguments = json.RawMessage("{\"\xff\":1}") },
		"with a timeout that is negative":    func(t *store.Trigger) { t.Run.Work.Timeout = -1 },
		"with too many that follow":          func(t *store.Trigger) { t.Run.Work.OnSuccess = many },
		"with one that follows and has none": func(t *store.Trigger) { t.Run.Work.OnFailure = []run.Next{{Action: "a"}} },
	} {
		asked := f.worked("r", true)
		spoil(&asked)
		if _, made, err := f.st.Trigger(f.ctx, asked); err == nil || made {
			f.Errorf("a run %s is accepted", name)
		}
		equal(f, "the state of the run "+name, f.state("r"), "none")
	}
}

func workUpToLimits(f *fixture) {
	asked := f.worked("r", true)
	frame, err := store.EncodeWork(&run.Work{Arguments: json.RawMessage(`{"":""}`)})
	f.check("encoding", err)
	fill := func(n int) *run.Work {
		return &run.Work{Arguments: json.RawMessage(`{"":"` + strings.Repeat("<", n-len(*frame)) + `"}`)}
	}
	asked.Run.Work = fill(store.MaxDocument)
	f.trigger(asked)
	equal(f, "the work", f.mustRun("r").Work, asked.Run.Work)
	asked.Run.ID, asked.Run.Work = "r2", fill(store.MaxDocument+1)
	if _, _, err := f.st.Trigger(f.ctx, asked); !errors.Is(err, store.ErrTooLarge) {
		f.Errorf("too much work: got the error %v", err)
	}
}

func workKeys(f *fixture) {
	f.create("s")
	asked := f.worked("first", true)
	asked.Run.IdempotencyKey = "key"
	want, _ := f.trigger(asked)
	again := f.worked("second", true)
	again.Run.IdempotencyKey, again.Run.Work.Timeout = "key", time.Hour
	r, made := f.trigger(again)
	equal(f, "the answer for the same key", []any{r, made}, []any{want, false})
	other := f.asked("of s", "s")
	other.Run.IdempotencyKey = "key"
	_, made = f.trigger(other)
	equal(f, "whether one of a schedule was made", made, true)
	for _, id := range []string{"third", "fourth"} { // without a key
		_, made = f.trigger(f.worked(id, true))
		equal(f, "whether "+id+" was made", made, true)
	}
}

func workKeyTogether(f *fixture) {
	var made atomic.Int32
	ids := make([]string, 8)
	together(8, func(i int) {
		asked := f.worked(fmt.Sprint("r", i), true)
		asked.Run.IdempotencyKey = "key"
		r, first, err := f.st.Trigger(f.ctx, asked)
		if err != nil {
			f.Error(err)
		}
		if ids[i] = r.ID; first {
			made.Add(1)
		}
	})
	equal(f, "how many were made", made.Load(), int32(1))
	for _, id := range ids {
		equal(f, "the run that is returned", id, ids[0])
	}
}

func workTaken(f *fixture) {
	f.create("s")
	f.trigger(f.worked("runs", true))
	lost := f.worked("looks", true)
	lost.OnLost = store.OnLostResume
	f.trigger(lost)
	f.endAgain("looks", 1, 2, store.Again{ReadyAt: minute(90), Resume: true})
	queued := over(schedule.OverlapQueue, "s", 2)
	queued.Start = false
	f.claim(2, queued)
	want := map[string]run.Run{}
	for _, id := range []string{"r1", "r2", "r3"} {
		r, _ := f.trigger(f.worked(id, false))
		r.State, r.StartedAt, r.Attempts = run.Running, minute(3), 1
		want[id] = r
	}
	got := f.take(3, 10)
	equal(f, "what is taken", runIDs(got), []string{"r1", "r2", "r3", queued.RunID})
	for _, r := range got[:3] {
		equal(f, "the answer", r, want[r.ID])
		equal(f, "the run", f.mustRun(r.ID), want[r.ID])
	}
	f.trigger(f.worked("left", false))
	equal(f, "what is taken by a host that cannot", len(f.take(4, 10, "")), 0)
}

func workLost(f *fixture) {
	asked := f.worked("r", true)
	asked.OnLost, asked.Follow = store.OnLostResume, true
	f.trigger(asked)
	f.checkpoint("r", 1, `{"session":"s"}`)
	want := f.mustRun("r")
	want.State, want.ReadyAt, want.Resume = run.Waiting, minute(9).Add(store.LookWait), 1
	equal(f, "what was settled", f.leave(host, 9), []run.Run{want})
	f.reopen()
	f.id = "host-2"
	f.join(f.id)
	equal(f, "the run", f.mustRun("r"), want)
	got := f.take(10, 1)
	want.State, want.ReadyAt, want.Attempts = run.Running, time.Time{}, 2
	equal(f, "what is taken", got, []run.Run{want})
	_, attempts := f.run("r")
	equal(f, "what the attempt looks for", []any{attempts[1].Resumes, string(attempts[0].Checkpoint)}, []any{1, `{"session":"s"}`})
}

func workFollowed(f *fixture) {
	asked := f.worked("r", true)
	asked.Follow = true
	f.trigger(asked)
	f.trigger(f.worked("other", true))
	f.end("r", 2, run.Succeeded)
	f.end("other", 2, run.Succeeded)
	equal(f, "what is to be followed", f.unfollowed(), []run.Run{f.mustRun("r")})
	equal(f, "its work", f.unfollowed()[0].Work, work())
	next := f.worked("next", true)
	next.Run.Trigger, next.Run.ParentID, next.Run.IdempotencyKey = run.ByChain, "r", "r/0"
	want, _ := f.trigger(next)
	equal(f, "what follows", f.mustRun("next"), want)
	children, err := f.queue().Children(f.ctx, "r")
	f.check("listing children", err)
	want.Work = nil
	equal(f, "the children", children, []run.Run{want})
	f.check("following", f.queue().Followed(f.ctx, []string{"r"}))
	equal(f, "what is left to be followed", len(f.unfollowed()), 0)
}

func workPruned(f *fixture) {
	f.create("s")
	asked := f.worked("unfollowed", true)
	asked.Follow = true
	f.trigger(asked)
	f.trigger(f.worked("ended", true))
	f.trigger(f.worked("open", true))
	f.keep(entry("ended", 1, 1))
	f.end("unfollowed", 2, run.Succeeded)
	f.end("ended", 2, run.Failed)
	cutoff, err := f.audit().Cutoff(f.ctx, 2)
	f.check("reading which are too many", err)
	equal(f, "since when there are two", cutoff, minute(1))
	equal(f, "what is deleted", f.pruneAll(10, 10), store.Pruned{Runs: 1})
	equal(f, "the states", []run.State{f.state("unfollowed"), f.state("ended"), f.state("open")}, []run.State{run.Succeeded, "none", run.Running})
	equal(f, "the log that is left", len(f.log("ended")), 0)
	f.check("following", f.queue().Followed(f.ctx, []string{"unfollowed"}))
	equal(f, "what is deleted when it is followed", f.pruneAll(10, 10), store.Pruned{Runs: 1})
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Running: 1})
}

func workGivenUp(f *fixture) {
	late := f.worked("late", false)
	late.MaxWait = time.Minute
	f.trigger(late)
	f.trigger(f.worked("abandoned", false))
	got, err := f.queue().Expire(f.ctx, f.id, minute(5))
	f.check("giving up", err)
	equal(f, "what was given up", got, []run.Run{f.mustRun("late")})
	done, err := f.st.Abandon(f.ctx, store.Abandon{RunID: "abandoned", At: minute(6), State: run.Cancelled, Reason: run.ReasonCancelled})
	f.check("abandoning", err)
	equal(f, "whether it was abandoned", done, true)
	for _, id := range []string{"late", "abandoned"} {
		r := f.mustRun(id)
		equal(f, "the end of "+id, []any{r.State, r.Work}, []any{run.Cancelled, work()})
	}
}

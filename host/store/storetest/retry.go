package storetest

import (
	"encoding/json"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func retryCases() []Case {
	return []Case{
		{Name: "an attempt that is to be followed by another has its run wait", test: endsAgain},
		{Name: "a retry is taken when it is ready, and has one more attempt", test: retryIsTaken},
		{Name: "retries and others are taken in one order", test: retriesInOrder},
		{Name: "one of a retry and a queued run is taken", test: retryBesideQueued},
		{Name: "an attempt that resumes another says so", test: resumes},
		{Name: "a run that waits for another attempt is abandoned", test: abandonsRetry},
		{Name: "a checkpoint is kept while its attempt is open", test: checkpoints},
	}
}

// endAgain ends attempt number of a run at minute n as failed, with another one to
// come.
func (f *fixture) endAgain(id string, number, n int, again store.Again) {
	f.Helper()
	done, err := f.st.End(f.ctx, store.AttemptEnd{
		RunID: id, Number: number, HostID: f.id, At: minute(n), State: run.Failed, Reason: run.ReasonAction,
		Summary: "a summary", Error: "an error", Again: &again, Entries: []run.LogEntry{entry(id, number, 1)},
	})
	f.check("ending an attempt", err)
	equal(f, "whether the attempt was ended", done, true)
}

func endsAgain(f *fixture) {
	f.create("s")
	f.claim(1, due("s", 1))
	want, attempts := f.run(runID("s", 1))
	attempt := attempts[0]
	f.endAgain(want.ID, 1, 2, store.Again{ReadyAt: minute(10), MaxWait: 5 * time.Minute})
	want.State, want.ReadyAt, want.WaitUntil = run.Waiting, minute(10), minute(15)
	attempt.State, attempt.Reason, attempt.EndedAt = run.Failed, run.ReasonAction, minute(2)
	attempt.Summary, attempt.Error = "a summary", "an error"
	r, attempts := f.run(want.ID)
	equal(f, "the run", r, want)
	equal(f, "the attempts", attempts, []run.Attempt{attempt})
	equal(f, "the log", f.log(want.ID), []run.LogEntry{entry(want.ID, 1, 1)})
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Waiting: 1})
	equal(f, "how many wait", f.waiting(), map[string]int{"qlik": 1})
	equal(f, "the answer to the next firing", f.claim(3, due("s", 3)), []store.Claimed{skipped(run.ReasonOverlap)})
	equal(f, "the answer to another claim of it", f.claim(3, anew(due("s", 1))...), []store.Claimed{notWon()})
	equal(f, "how many firings there are", len(f.firings("s")), 2)
}

func retryIsTaken(f *fixture) {
	f.create("s")
	f.claim(1, due("s", 1))
	id := runID("s", 1)
	f.endAgain(id, 1, 2, store.Again{ReadyAt: minute(10), MaxWait: time.Minute})
	equal(f, "how many are taken too early", len(f.take(9, 10)), 0)
	want, _ := f.run(id)
	want.State, want.Attempts, want.ReadyAt, want.WaitUntil = run.Running, 2, time.Time{}, time.Time{}
	equal(f, "what is taken", f.take(10, 10), []run.Run{want})
	r, attempts := f.run(id)
	equal(f, "the run", r, want)
	equal(f, "the second attempt", attempts[1], run.Attempt{RunID: id, Number: 2, HostID: f.id, State: run.Running, StartedAt: minute(10)})
	f.endAgain(id, 2, 11, store.Again{})
	equal(f, "what is taken at once", runIDs(f.take(11, 10)), []string{id})
	end := ending(id)
	end.Number, end.State, end.Entries = 3, run.Succeeded, nil
	done, err := f.st.End(f.ctx, end)
	f.check("ending", err)
	equal(f, "whether the third was ended", done, true)
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Succeeded: 1})
	equal(f, "how many wait", len(f.waiting()), 0)
}

func retriesInOrder(f *fixture) {
	f.create("s")
	var want []string
	for n, ready := range []int{20, 0, 25, 10, 0} {
		d := over(schedule.OverlapAllow, "s", n)
		if want = append(want, d.RunID); n == 4 {
			d.Priority, want = 1, append([]string{d.RunID}, want[:4]...)
		}
		f.claim(n, d)
		again := store.Again{ReadyAt: minute(ready)}
		if ready == 0 {
			again.ReadyAt = time.Time{}
		}
		f.endAgain(d.RunID, 1, 5, again)
	}
	equal(f, "what is taken when some are ready", runIDs(f.take(15, 2)), []string{want[0], want[2]})
	equal(f, "what is taken when more are", runIDs(f.take(22, 9)), []string{want[1], want[4]})
	equal(f, "what is taken at last", runIDs(f.take(25, 9)), []string{want[3]})
}

// retryBesideQueued has a schedule that runs one at a time have a retry that is
// ready and a run in the queue, and others wait behind.
func retryBesideQueued(f *fixture) {
	f.create("s", "other")
	first, second := over(schedule.OverlapQueue, "s", 1), over(schedule.OverlapQueue, "s", 2)
	f.claim(1, first)
	f.endAgain(first.RunID, 1, 2, store.Again{ReadyAt: minute(5)})
	f.claim(3, second)
	third := waiting("other", 4)
	f.claim(4, third)
	equal(f, "what is taken", runIDs(f.take(6, 2)), []string{first.RunID, third.RunID})
	equal(f, "what is taken beside it", len(f.take(6, 2)), 0)
}

func resumes(f *fixture) {
	f.create("s")
	f.claim(1, due("s", 1))
	id := runID("s", 1)
	f.endAgain(id, 1, 2, store.Again{Resume: true})
	equal(f, "what the next attempt looks for", f.mustRun(id).Resume, 1)
	equal(f, "what the run that is taken resumes", f.take(3, 1)[0].Resume, 1)
	r, attempts := f.run(id)
	equal(f, "what is looked for then", []int{r.Resume, attempts[0].Resumes, attempts[1].Resumes}, []int{0, 0, 1})
	f.endAgain(id, 2, 4, store.Again{Resume: true})
	equal(f, "what the attempt after it looks for", f.take(5, 1)[0].Resume, 1)
	f.endAgain(id, 3, 6, store.Again{})
	equal(f, "what one that resumes nothing looks for", f.take(7, 1)[0].Resume, 0)
}

func abandonsRetry(f *fixture) {
	f.create("s")
	f.claim(1, due("s", 1))
	f.endAgain(runID("s", 1), 1, 2, store.Again{ReadyAt: minute(9)})
	done, err := f.st.Abandon(f.ctx, store.Abandon{RunID: runID("s", 1), At: minute(3), State: run.Cancelled, Reason: run.ReasonCancelled})
	f.check("abandoning", err)
	equal(f, "whether it was abandoned", done, true)
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Cancelled: 1})
	equal(f, "how many are taken", len(f.take(10, 1)), 0)
}

func (f *fixture) checkpoint(id string, number int, data string) bool {
	f.Helper()
	done, err := f.queue().Checkpoint(f.ctx, store.Checkpoint{RunID: id, Number: number, HostID: f.id, Data: json.RawMessage(data)})
	f.check("keeping a checkpoint", err)
	return done
}

func checkpoints(f *fixture) {
	f.create("s", "waits")
	f.claim(1, due("s", 1), waiting("waits", 1))
	id := runID("s", 1)
	noted := func() string {
		_, attempts := f.run(id)
		return string(attempts[0].Checkpoint)
	}
	equal(f, "what is noted at first", noted(), "")
	equal(f, "whether it was kept", f.checkpoint(id, 1, `{ "a" : 1.50, "<" : "å" }`), true)
	equal(f, "what is noted", noted(), `{ "a" : 1.50, "<" : "å" }`)
	equal(f, "whether the second was kept", f.checkpoint(id, 1, `{}`), true)
	equal(f, "what is noted then", noted(), `{}`)
	equal(f, "whether that of another attempt was kept", f.checkpoint(id, 2, `{"b":1}`), false)
	equal(f, "whether that of a run that waits was kept", f.checkpoint(runID("waits", 1), 1, `{"b":1}`), false)
	other := store.Checkpoint{RunID: id, Number: 1, HostID: "host-2", Data: json.RawMessage(`{"b":1}`)}
	done, err := f.queue().Checkpoint(f.ctx, other)
	f.check("keeping another host's", err)
	equal(f, "whether another host's was kept", done, false)
	f.end(id, 2, run.Lost)
	equal(f, "whether one that comes late was kept", f.checkpoint(id, 1, `{"b":1}`), false)
	equal(f, "what is noted at last", noted(), `{}`)
	for _, bad := range []string{"", "[]", "1", "null", "{", `{"a":"` + long(store.MaxCheckpoint) + `"}`} {
		if _, err := f.queue().Checkpoint(f.ctx, store.Checkpoint{RunID: id, Number: 1, HostID: f.id, Data: json.RawMessage(bad)}); err == nil {
			f.Errorf("the checkpoint %.20q is accepted", bad)
		}
	}
}

package storetest

import (
	"errors"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func waitCases() []Case {
	return []Case{
		{Name: "a run that waits too long is given up", test: expires},
		{Name: "a retry that waits too long ends as its last attempt did", test: expiresRetry},
		{Name: "a host without a lease gives up nothing", test: expireIsFenced},
		{Name: "it is known when something is to be done next", test: nextAt},
	}
}

// queue, holding and audit are what a ledger can do beside store.Store.
func (f *fixture) queue() store.Queue {
	f.Helper()
	q, ok := f.st.(store.Queue)
	if !ok {
		f.Fatalf("%T is no store.Queue", f.st)
	}
	return q
}

func (f *fixture) expire(n int) []run.Run {
	f.Helper()
	ended, err := f.queue().Expire(f.ctx, f.id, minute(n))
	f.check("giving up", err)
	return ended
}

// patient is due without a slot, which waits so many minutes at most.
func patient(id string, n, minutes int) store.Due {
	d := over(schedule.OverlapAllow, id, n)
	d.Start, d.MaxWait = false, time.Duration(minutes)*time.Minute
	return d
}

func expires(f *fixture) {
	f.create("s")
	f.claim(5, patient("s", 1, 10), patient("s", 2, 11), patient("s", 3, 0), patient("s", 4, 10))
	equal(f, "until when one waits", f.mustRun(runID("s", 1)).WaitUntil, minute(15))
	equal(f, "what is taken", runIDs(f.take(6, 1)), []string{runID("s", 1)})
	equal(f, "how many are given up too early", len(f.expire(14)), 0)
	want := f.mustRun(runID("s", 4))
	want.State, want.Reason, want.EndedAt = run.Cancelled, run.ReasonWaitedTooLong, minute(15)
	equal(f, "what is given up", f.expire(15), []run.Run{want})
	equal(f, "the run", f.mustRun(want.ID), want)
	equal(f, "what is given up later", runIDs(f.expire(100)), []string{runID("s", 2)})
	equal(f, "what is given up again", len(f.expire(100)), 0)
	equal(f, "the counts", f.counts(), store.Counts{
		Firings: map[run.Outcome]int64{run.Ran: 4}, Runs: map[run.State]int64{run.Cancelled: 2, run.Running: 1, run.Waiting: 1},
	})
	equal(f, "how many firings there are", len(f.firings("s")), 4)
	asked := f.asked("r", "s")
	asked.Pool, asked.MaxWait = "p", time.Minute
	r, _ := f.trigger(asked)
	equal(f, "until when a triggered run waits", []any{r.State, r.WaitUntil}, []any{run.Waiting, minute(2)})
}

func expiresRetry(f *fixture) {
	f.create("s")
	f.claim(1, due("s", 1))
	id := runID("s", 1)
	f.endAgain(id, 1, 2, store.Again{ReadyAt: minute(5), MaxWait: time.Minute})
	equal(f, "how many are given up before it is ready", len(f.expire(5)), 0)
	want := f.mustRun(id)
	want.State, want.Reason, want.EndedAt, want.Summary, want.Error = run.Failed, run.ReasonAction, minute(6), "a summary", "an error"
	equal(f, "what is given up", f.expire(6), []run.Run{want})
	equal(f, "the run", f.mustRun(id), want)
}

func expireIsFenced(f *fixture) {
	f.create("s")
	f.claim(1, patient("s", 1, 1))
	_, err := f.queue().Expire(f.ctx, "absent", minute(9))
	if !errors.Is(err, store.ErrFenced) {
		f.Errorf("got the error %v", err)
	}
	equal(f, "the state of the run", f.state(runID("s", 1)), run.Waiting)
}

func nextAt(f *fixture) {
	next := func(n int, want time.Time) {
		f.Helper()
		got, err := f.queue().NextAt(f.ctx, minute(n))
		f.check("asking when", err)
		equal(f, "when something is to be done after "+minute(n).Format("15:04"), got, want)
	}
	next(0, time.Time{})
	f.create("s")
	f.claim(1, patient("s", 1, 9), over(schedule.OverlapAllow, "s", 2), patient("s", 3, 0))
	f.endAgain(runID("s", 2), 1, 2, store.Again{ReadyAt: minute(5), MaxWait: 20 * time.Minute})
	for n, want := range map[int]time.Time{0: minute(5), 4: minute(5), 5: minute(10), 9: minute(10), 10: minute(25), 25: {}} {
		next(n, want)
	}
	f.take(5, 9)
	next(0, time.Time{})
}

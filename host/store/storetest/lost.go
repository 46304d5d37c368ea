package storetest

import (
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func lostCases() []Case {
	return []Case{
		{Name: "a lost attempt is followed as its run says", test: losesByPolicy},
		{Name: "a lost attempt that resumed another is followed by one that does too", test: losesResuming},
		{Name: "runs that were made since an instant are kept by a host that joins", Reopens: true, test: keepsSince},
		{Name: "retries are kept by a host that joins", test: keepsRetries},
	}
}

func losesByPolicy(f *fixture) {
	policies := map[string]store.Policy{
		"fail":   {},
		"retry":  {OnLost: store.OnLostRetry, Attempts: 2, LostWait: time.Minute, MaxWait: time.Hour},
		"last":   {OnLost: store.OnLostRetry, Attempts: 1, LostWait: time.Minute},
		"resume": {OnLost: store.OnLostResume, Attempts: 1, MaxWait: time.Hour, Overlap: schedule.OverlapQueue},
	}
	var want []run.Run
	for _, id := range []string{"fail", "last", "resume", "retry"} {
		f.create(id)
		d := due(id, 1)
		d.Policy = policies[id]
		f.claim(1, d)
		r := f.mustRun(d.RunID)
		switch id {
		case "retry":
			r.State, r.ReadyAt, r.WaitUntil = run.Waiting, minute(10), minute(70)
		case "resume":
			r.State, r.ReadyAt, r.Resume = run.Waiting, minute(9).Add(store.LookWait), 1
			r.WaitUntil = r.ReadyAt.Add(time.Hour)
		default:
			r.State, r.Reason, r.EndedAt = run.Lost, run.ReasonHostDied, minute(9)
		}
		want = append(want, r)
	}
	got := f.leave(host, 9)
	byID := map[string]run.Run{}
	for _, r := range got {
		byID[r.ID] = r
	}
	equal(f, "how many are returned", len(got), len(want))
	for _, w := range want {
		r, attempts := f.run(w.ID)
		equal(f, "the answer of "+w.ID, byID[w.ID], w)
		equal(f, "the run "+w.ID, r, w)
		equal(f, "its attempt", []any{attempts[0].State, attempts[0].Reason, attempts[0].EndedAt}, []any{run.Lost, run.ReasonHostDied, minute(9)})
	}
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Lost: 2, run.Waiting: 2})
	equal(f, "how many wait", f.waiting(), map[string]int{"qlik": 2})
	f.id = "host-2"
	equal(f, "what the next host settles", len(f.join(f.id).Ended), 0)
	equal(f, "what is taken at once", len(f.take(9, 10)), 0)
	got = f.take(10, 1)
	equal(f, "what is taken soon", runIDs(got), []string{runID("resume", 1)})
	equal(f, "what it resumes, and its attempts", []int{got[0].Resume, got[0].Attempts}, []int{1, 2})
	equal(f, "what is taken later", runIDs(f.take(10, 10)), []string{runID("retry", 1)})
	f.leave(f.id, 20)
	equal(f, "the run whose attempts are used up", f.state(runID("retry", 1)), run.Lost)
}

func losesResuming(f *fixture) {
	f.create("s")
	d := due("s", 1)
	d.OnLost = store.OnLostResume
	f.claim(1, d)
	for n := range store.MaxLooks {
		f.leave(f.id, 2+2*n)
		f.id = fmt.Sprint("host-", n+2)
		f.join(f.id)
		got := f.take(3+2*n, 1)
		equal(f, "what is looked for", []int{got[0].Attempts, got[0].Resume}, []int{n + 2, 1})
	}
	f.leave(f.id, 30)
	equal(f, "the run whose looks are used up", f.state(d.RunID), run.Lost)
}

func keepsSince(f *fixture) {
	f.create("old", "new", "later")
	f.claim(1, waiting("old", 1))
	f.claim(5, waiting("new", 5))
	f.claim(6, waiting("later", 6))
	f.leave(host, 7)
	f.reopen()
	want := f.mustRun(runID("old", 1))
	f.id = "host-2"
	joined, err := f.st.Join(f.ctx, store.Host{ID: f.id, KeepSince: minute(5)})
	f.check("joining", err)
	want.State, want.Reason, want.EndedAt = run.Cancelled, run.ReasonNeverStarted, f.mustRun(want.ID).EndedAt
	equal(f, "what was ended", joined.Ended, []run.Run{want})
	equal(f, "how many wait", f.waiting(), map[string]int{"qlik": 2})
	equal(f, "what is taken", runIDs(f.take(8, 9)), []string{runID("new", 5), runID("later", 6)})
}

func keepsRetries(f *fixture) {
	f.create("s", "waits")
	f.claim(1, due("s", 1), waiting("waits", 1))
	f.endAgain(runID("s", 1), 1, 2, store.Again{ReadyAt: minute(5)})
	f.leave(host, 3)
	f.id = "host-2"
	equal(f, "what was ended", runIDs(f.join(f.id).Ended), []string{runID("waits", 1)})
	equal(f, "what is taken", runIDs(f.take(5, 9)), []string{runID("s", 1)})
}

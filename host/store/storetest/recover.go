package storetest

import (
	"slices"
	"strings"

	"butlerd/host/run"
)

func recoverCases() []Case {
	return []Case{
		{Name: "what a host left open is settled", Reopens: true, test: recoverSettles},
		{Name: "what has ended is left as it is", test: recoverLeaves},
		{Name: "an end that comes after the recovery is refused", test: recoverFences},
	}
}

func recoverSettles(f *fixture) {
	f.create("s", "waits", "ended")
	f.claim(1, due("s", 1), waiting("waits", 1), due("ended", 1))
	f.end(runID("ended", 1), 2, run.Succeeded)
	f.reopen()
	wantRan, attempts := f.run(runID("s", 1))
	wantWaited, _ := f.run(runID("waits", 1))
	wantRan.State, wantRan.Reason, wantRan.EndedAt = run.Lost, run.ReasonHostDied, minute(9)
	wantWaited.State, wantWaited.Reason, wantWaited.EndedAt = run.Cancelled, run.ReasonNeverStarted, minute(9)
	attempts[0].State, attempts[0].Reason, attempts[0].EndedAt = run.Lost, run.ReasonHostDied, minute(9)
	got, err := f.st.Recover(f.ctx, minute(9))
	f.check("recovering", err)
	slices.SortFunc(got, func(a, b run.Run) int { return strings.Compare(a.ID, b.ID) })
	equal(f, "the answer", got, []run.Run{wantRan, wantWaited})
	r, now := f.run(wantRan.ID)
	equal(f, "the run that ran", r, wantRan)
	equal(f, "its attempts", now, attempts)
	r, _ = f.run(wantWaited.ID)
	equal(f, "the run that waited", r, wantWaited)
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Lost: 1, run.Cancelled: 1, run.Succeeded: 1})
}

func recoverLeaves(f *fixture) {
	f.noneWaiting()
	_, err := f.st.Recover(f.ctx, minute(3))
	f.check("recovering", err)
	before := f.dump()
	again, err := f.st.Recover(f.ctx, minute(4))
	f.check("recovering again", err)
	equal(f, "how many runs it ended", len(again), 0)
	equal(f, "the ledger", f.dump(), before)
}

func recoverFences(f *fixture) {
	f.create("s")
	f.claim(1, due("s", 1))
	_, err := f.st.Recover(f.ctx, minute(2))
	f.check("recovering", err)
	before := f.dump()
	done, err := f.st.End(f.ctx, ending(runID("s", 1)))
	f.check("ending", err)
	equal(f, "whether the end was accepted", done, false)
	equal(f, "the ledger", f.dump(), before)
	equal(f, "whether the next firing runs", f.claim(3, due("s", 3))[0].Outcome, run.Ran)
}

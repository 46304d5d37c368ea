package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func claimCases() []Case {
	return []Case{
		{Name: "a claim whose answer was lost can be repeated", test: claimRepeated},
		{Name: "a claim makes a firing, a run and an attempt", test: claimMakes},
		{Name: "a claim without a free slot makes a run that waits", test: claimWaits},
		{Name: "a firing is won once by many claims at a time", Large: true, test: claimWonOnce},
		{Name: "a firing is won once in one claim", test: claimWonOnceInOne},
		{Name: "a claim of ten thousand answers in order", Large: true, test: claimMany},
		{Name: "a chunk that fails leaves nothing", test: claimFails},
		{Name: "a chunk that fails leaves those before it", test: claimFailsLate},
		{Name: "a claim whose context has ended does nothing", test: claimCancelled},
		{Name: "a claim of nothing moves what is settled", test: claimOfNothing},
		{Name: "what is settled may go back", test: settledGoesBack},
	}
}

func claimMakes(f *fixture) {
	f.create("s")
	at := minute(1).Add(1234 * time.Microsecond)
	d := due("s", 1)
	got, err := f.st.Claim(f.ctx, store.Claim{HostID: host, At: at, Until: at, Due: []store.Due{d}})
	f.check("claiming", err)
	equal(f, "the answer", got, []store.Claimed{ran(run.Running)})
	equal(f, "the firing", f.firings("s"), []run.Firing{{
		ScheduleID: "s", DueAt: minute(1), Outcome: run.Ran, RunID: d.RunID, Version: 1, SettledAt: at,
	}})
	r, attempts := f.run(d.RunID)
	equal(f, "the run", r, run.Run{
		ID: d.RunID, ScheduleID: "s", ScheduleName: "name of s", Version: 1, Trigger: run.ByFiring, DueAt: minute(1),
		CreatedAt: at, StartedAt: at, State: run.Running, Action: "qlik-sense-reload", Plugin: "qlik", Attempts: 1,
	})
	equal(f, "the attempts", attempts, []run.Attempt{{
		RunID: d.RunID, Number: 1, HostID: host, State: run.Running, StartedAt: at,
	}})
}

func claimWaits(f *fixture) {
	f.create("s")
	d := waiting("s", 1)
	equal(f, "the answer", f.claim(1, d), []store.Claimed{ran(run.Waiting)})
	r, attempts := f.run(d.RunID)
	equal(f, "the run", r, run.Run{
		ID: d.RunID, ScheduleID: "s", ScheduleName: "name of s", Version: 1, Trigger: run.ByFiring, DueAt: minute(1),
		CreatedAt: minute(1), State: run.Waiting, Action: "qlik-sense-reload", Plugin: "qlik",
	})
	equal(f, "the number of attempts", len(attempts), 0)
}

func claimWonOnce(f *fixture) {
	const callers, firings = 8, 300
	f.create("s")
	winners := make([]atomic.Int32, firings)
	together(callers, func(h int) {
		c := store.Claim{HostID: host, At: minute(firings), Until: minute(firings)}
		for n := range firings {
			d := due("s", n)
			d.RunID, d.Overlap = fmt.Sprintf("%s-of-%d", d.RunID, h), schedule.OverlapAllow
			c.Due = append(c.Due, d)
		}
		got, err := f.st.Claim(f.ctx, c)
		if err != nil {
			f.Error(err)
		}
		for n := range got {
			if got[n].Won && !winners[n].CompareAndSwap(0, int32(h+1)) {
				f.Errorf("firing %d was won twice", n)
			}
		}
	})
	for n, firing := range f.firings("s") {
		won := winners[n].Load() - 1
		equal(f, "the run of a firing", firing.RunID, fmt.Sprintf("%s-of-%d", runID("s", n), won))
		_, attempts := f.run(firing.RunID)
		equal(f, "the host of its attempt", attempts[0].HostID, host)
	}
	equal(f, "the counts", f.counts(), store.Counts{
		Firings: map[run.Outcome]int64{run.Ran: firings}, Runs: map[run.State]int64{run.Running: firings},
	})
	equal(f, "the number of runs", len(f.allRuns(store.RunQuery{})), firings)
}

func claimWonOnceInOne(f *fixture) {
	f.create("s")
	twice := due("s", 1)
	twice.RunID, twice.Overlap = "another", schedule.OverlapAllow
	equal(f, "the answers", f.claim(1, due("s", 1), twice), []store.Claimed{ran(run.Running), notWon()})
	equal(f, "the state of the other run", f.state("another"), "none")
}

func claimMany(f *fixture) {
	const n = 10_000
	f.create("s")
	var asked []store.Due
	var want []store.Claimed
	for i := range n {
		d := due("s", i)
		d.Overlap, d.Start = schedule.OverlapAllow, i%2 == 0
		want = append(want, ran(map[bool]run.State{true: run.Running, false: run.Waiting}[d.Start]))
		switch i % 5 {
		case 1:
			d.Missed, want[i] = run.ReasonLate, missed(run.ReasonLate)
		case 2:
			d.ScheduleID, want[i] = "absent", notWon()
		case 3:
			d.DueAt, want[i] = minute(i-3), notWon()
		}
		asked = append(asked, d)
	}
	equal(f, "the answers", f.claim(n, asked...), want)
	equal(f, "the counts", f.counts(), store.Counts{
		Firings: map[run.Outcome]int64{run.Ran: 4000, run.Missed: 2000},
		Runs:    map[run.State]int64{run.Running: 2000, run.Waiting: 2000},
	})
	for i := range asked {
		asked[i].RunID += "-again"
	}
	equal(f, "the answers to the same claim again", f.claim(n, asked...), make([]store.Claimed, n))
}

func claimFails(f *fixture) {
	f.create("s", "other")
	f.claim(1, due("s", 1))
	before := f.dump()
	taken := due("other", 3)
	taken.RunID, taken.Overlap = runID("s", 1), schedule.OverlapAllow
	_, err := f.st.Claim(f.ctx, store.Claim{HostID: host, At: minute(3), Until: minute(3), Due: []store.Due{due("other", 2), taken}})
	if err == nil {
		f.Error("a claim with a run that is there already is accepted")
	}
	equal(f, "the ledger", f.dump(), before)
}

func claimFailsLate(f *fixture) {
	f.create("s", "last")
	var asked []store.Due
	for n := range 1000 {
		d := due("s", n)
		d.Overlap = schedule.OverlapAllow
		asked = append(asked, d)
	}
	taken := due("last", 1)
	taken.RunID, taken.Overlap = runID("s", 7), schedule.OverlapAllow
	got, err := f.st.Claim(f.ctx, store.Claim{HostID: host, At: minute(1000), Until: minute(1000), Due: append(asked, due("last", 0), taken)})
	if err == nil {
		f.Error("a claim with a run that is there already is accepted")
	}
	equal(f, "the number of answers", len(got), 1000)
	equal(f, "the counts", f.counts().Firings, map[run.Outcome]int64{run.Ran: 1000})
	equal(f, "the number of firings of the last chunk", len(f.firings("last")), 0)
	f.settled(time.Time{})
}

func claimCancelled(f *fixture) {
	f.create("s")
	before := f.dump()
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	_, err := f.st.Claim(ctx, store.Claim{HostID: host, At: minute(1), Until: minute(1), Due: []store.Due{due("s", 1)}})
	if !errors.Is(err, context.Canceled) {
		f.Errorf("got the error %v, want that of the context", err)
	}
	equal(f, "the ledger", f.dump(), before)
}

func (f *fixture) settled(want time.Time) {
	f.Helper()
	got, err := f.st.SettledUntil(f.ctx)
	f.check("reading what is settled", err)
	equal(f, "what is settled", got, want)
}

func claimOfNothing(f *fixture) {
	f.settled(time.Time{})
	f.claim(5)
	f.settled(minute(5))
}

func settledGoesBack(f *fixture) {
	f.create("s")
	f.claim(5, due("s", 5))
	f.settled(minute(5))
	f.check("settling", f.st.Settled(f.ctx, host, minute(9)))
	f.settled(minute(9))
	f.claim(6, due("s", 6))
	f.settled(minute(6))
}

func claimRepeated(f *fixture) {
	f.create("runs", "waits", "skips")
	f.claim(1, due("skips", 1))
	first := f.claim(2, due("runs", 2), waiting("waits", 2), due("skips", 2))
	before := f.dump()
	equal(f, "the answer", f.claim(2, due("runs", 2), waiting("waits", 2), due("skips", 2)),
		[]store.Claimed{first[0], first[1], notWon()})
	equal(f, "the ledger", f.dump(), before)
	late := due("runs", 2)
	late.Missed = run.ReasonLate
	equal(f, "the answer to a repetition that is late", f.claim(2, late), []store.Claimed{ran(run.Running)})
	f.end(runID("runs", 2), 3, run.Succeeded)
	other := due("runs", 2)
	other.RunID = "another"
	equal(f, "the answer to another claim of it", f.claim(3, other), []store.Claimed{notWon()})
}

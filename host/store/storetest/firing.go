package storetest

import (
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func firingCases() []Case {
	return []Case{
		{Name: "missed firings are recorded as they are given", test: missRecords},
		{Name: "missed firings leave settled ones and say how many were new", test: missLeaves},
		{Name: "thousands of missed firings are recorded in one call", Large: true, test: missMany},
		{Name: "a firing that ran is not recorded without a claim", test: missRefusesRan},
		{Name: "firings are listed in a range, in order", test: firingsInRange},
		{Name: "a firing that ran stays as it is when its run ends", test: firingsStay},
	}
}

func absence(id string, n int) run.Firing {
	return run.Firing{
		ScheduleID: id, DueAt: minute(n), Outcome: run.Missed, Reason: run.ReasonHostDown, Version: 7, SettledAt: minute(100),
	}
}

func (f *fixture) miss(firings ...run.Firing) int {
	f.Helper()
	added, err := f.st.Miss(f.ctx, firings)
	f.check("recording missed firings", err)
	return added
}

func missRecords(f *fixture) {
	skip := absence("s", 2)
	skip.Outcome, skip.Reason = run.Skipped, run.ReasonStopped
	equal(f, "how many were new", f.miss(absence("s", 1), skip), 2)
	equal(f, "the firings", f.firings("s"), []run.Firing{absence("s", 1), skip})
	equal(f, "how many of none were new", f.miss(), 0)
}

func missLeaves(f *fixture) {
	f.create("s")
	f.claim(2, due("s", 2))
	f.miss(absence("s", 1))
	before := f.firings("s")
	again := absence("s", 1)
	again.Outcome = run.Skipped
	equal(f, "how many were new", f.miss(again, absence("s", 2), absence("s", 3), absence("s", 3)), 1)
	equal(f, "the firings", f.firings("s"), append(before, absence("s", 3)))
	equal(f, "the counts", f.counts().Firings, map[run.Outcome]int64{run.Ran: 1, run.Missed: 2})
}

func missMany(f *fixture) {
	var all []run.Firing
	for n := range 3500 {
		all = append(all, absence("s", n))
	}
	equal(f, "how many were new at first", f.miss(all[:1200]...), 1200)
	equal(f, "how many were new then", f.miss(all...), 2300)
	equal(f, "the counts", f.counts().Firings, map[run.Outcome]int64{run.Missed: 3500})
}

func missRefusesRan(f *fixture) {
	before := f.dump()
	ran := absence("s", 1)
	ran.Outcome, ran.RunID = run.Ran, "x"
	if _, err := f.st.Miss(f.ctx, []run.Firing{ran}); err == nil {
		f.Error("a firing that ran is accepted")
	}
	equal(f, "the ledger", f.dump(), before)
}

func firingsInRange(f *fixture) {
	for n := range 10 {
		f.miss(absence("s", 9-n), absence("other", n))
	}
	for name, tt := range map[string]struct {
		q        store.FiringQuery
		from, to int
	}{
		"no bound":           {store.FiringQuery{}, 0, 10},
		"a beginning":        {store.FiringQuery{From: minute(3)}, 3, 10},
		"an end":             {store.FiringQuery{To: minute(3)}, 0, 3},
		"both":               {store.FiringQuery{From: minute(2), To: minute(5)}, 2, 5},
		"nothing":            {store.FiringQuery{From: minute(5), To: minute(5)}, 5, 5},
		"a limit":            {store.FiringQuery{From: minute(2), Limit: 3}, 2, 5},
		"a limit never used": {store.FiringQuery{Limit: store.MaxPage}, 0, 10},
	} {
		tt.q.ScheduleID = "s"
		var want []run.Firing
		for n := tt.from; n < tt.to; n++ {
			want = append(want, absence("s", n))
		}
		got, err := f.st.Firings(f.ctx, tt.q)
		f.check("listing firings", err)
		equal(f, "the firings with "+name, got, want)
	}
	for _, limit := range []int{-1, store.MaxPage + 1} {
		if _, err := f.st.Firings(f.ctx, store.FiringQuery{ScheduleID: "s", Limit: limit}); err == nil {
			f.Errorf("the limit %d is accepted", limit)
		}
	}
}

// firingsStay lists firings with and without an open run, and again when the
// runs have ended in every way there is.
func firingsStay(f *fixture) {
	f.create("s")
	var asked []store.Due
	for n := range 8 {
		d := waiting("s", n)
		d.Overlap, d.Start = schedule.OverlapAllow, n%2 == 0
		asked = append(asked, d)
	}
	asked[2].Missed = run.ReasonLate
	f.trigger(f.asked("by-hand", "s"))
	f.claim(9, asked...)
	before := f.firings("s")
	equal(f, "the number of firings", len(before), 8)
	f.end(runID("s", 4), 10, run.Failed)
	f.end("by-hand", 10, run.Succeeded)
	_, err := f.st.Abandon(f.ctx, store.Abandon{RunID: runID("s", 3), At: minute(10), State: run.Cancelled})
	f.check("abandoning", err)
	equal(f, "the firings when two runs have ended", f.firings("s"), before)
	some, err := f.st.Firings(f.ctx, store.FiringQuery{ScheduleID: "s", From: minute(1), To: minute(7), Limit: 4})
	f.check("listing firings", err)
	equal(f, "some of them", some, before[1:5])
	for to := range 8 {
		some, err = f.st.Firings(f.ctx, store.FiringQuery{ScheduleID: "s", From: minute(1), To: minute(max(1, to))})
		f.check("listing firings", err)
		equal(f, "the number of those before one", len(some), max(1, to)-1)
	}
	equal(f, "the answers to another claim of them", f.claim(11, anew(asked...)...), make([]store.Claimed, 8))
	f.leave(host, 11)
	equal(f, "the firings when all runs have ended", f.firings("s"), before)
	f.id = "host-2"
	f.join(f.id)
	equal(f, "the answers to another claim at last", f.claim(12, anew(asked...)...), make([]store.Claimed, 8))
}

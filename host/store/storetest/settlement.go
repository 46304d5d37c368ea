package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func settlementCases() []Case {
	return []Case{
		{Name: "settlements are listed of all schedules, be their runs open or not", test: listsSettlements},
		{Name: "the runs of firings are listed", test: listsFiringRuns},
		{Name: "settlements and runs are listed page by page", test: pagesSettlements},
		{Name: "the settlements of a day are handed out in order", test: settledOnADay},
		{Name: "thousands that were settled on a day are handed out in order", Large: true, test: manyOnADay},
		{Name: "settlements and runs are listed by every bound", test: boundsSettlements},
	}
}

func (f *fixture) audit() store.Audit {
	f.Helper()
	a, ok := f.st.(store.Audit)
	if !ok {
		f.Fatalf("%T is no store.Audit", f.st)
	}
	return a
}

// settlements and firingRuns follow the pages to the end.
func (f *fixture) settlements(q store.SettlementQuery) (all []run.Firing) {
	f.Helper()
	for {
		some, err := f.audit().Settlements(f.ctx, q)
		f.check("listing settlements", err)
		if len(some) == 0 {
			return all
		}
		all = append(all, some...)
		last := some[len(some)-1]
		q.After = store.SettlementKey{ScheduleID: last.ScheduleID, DueAt: last.DueAt}
	}
}

func (f *fixture) firingRuns(q store.SettlementQuery) (all []store.FiringRun) {
	f.Helper()
	for {
		some, err := f.audit().FiringRuns(f.ctx, q)
		f.check("listing runs of firings", err)
		if len(some) == 0 {
			return all
		}
		all = append(all, some...)
		last := some[len(some)-1]
		q.After = store.SettlementKey{ScheduleID: last.ScheduleID, DueAt: last.DueAt, RunID: last.RunID}
	}
}

func listsSettlements(f *fixture) {
	f.create("a", "b")
	f.hold(store.Hold{ID: "h", ScheduleID: "b", Reason: "r", Since: minute(1)})
	late := over(schedule.OverlapAllow, "a", 3)
	late.Missed = run.ReasonLate
	f.claim(9, over(schedule.OverlapAllow, "a", 2), late, over(schedule.OverlapAllow, "a", 1), due("b", 1), due("b", 2))
	f.end(runID("a", 2), 10, run.Succeeded)
	f.trigger(f.asked("r", "a"))
	ranAt := func(id string, n int) run.Firing {
		return run.Firing{ScheduleID: id, DueAt: minute(n), Outcome: run.Ran, RunID: runID(id, n), Version: 1, SettledAt: minute(9)}
	}
	want := []run.Firing{
		ranAt("a", 1), ranAt("a", 2),
		{ScheduleID: "a", DueAt: minute(3), Outcome: run.Missed, Reason: run.ReasonLate, Version: 1, SettledAt: minute(9)},
		ranAt("b", 1),
		{ScheduleID: "b", DueAt: minute(2), Outcome: run.Skipped, Reason: run.ReasonHeld, HoldID: "h", Version: 1, SettledAt: minute(9)},
	}
	equal(f, "the settlements", f.settlements(store.SettlementQuery{}), want)
	equal(f, "those of the time", f.settlements(store.SettlementQuery{SettledFrom: minute(9), SettledTo: minute(10)}), want)
	f.leave(host, 20)
	equal(f, "the settlements when all runs have ended", f.settlements(store.SettlementQuery{}), want)
	equal(f, "those of the time then", f.settlements(store.SettlementQuery{SettledFrom: minute(9), SettledTo: minute(10)}), want)
}

func listsFiringRuns(f *fixture) {
	f.create("a", "b")
	caught := over(schedule.OverlapAllow, "b", 2)
	caught.Trigger = run.ByCatchUp
	f.claim(9, over(schedule.OverlapAllow, "a", 2), caught, over(schedule.OverlapAllow, "a", 1))
	f.end(runID("a", 2), 10, run.Failed)
	f.trigger(f.asked("r", "a"))
	want := []store.FiringRun{
		{ScheduleID: "a", DueAt: minute(1), RunID: runID("a", 1), Version: 1, Trigger: run.ByFiring, State: run.Running},
		{ScheduleID: "a", DueAt: minute(2), RunID: runID("a", 2), Version: 1, Trigger: run.ByFiring, State: run.Failed},
		{ScheduleID: "b", DueAt: minute(2), RunID: caught.RunID, Version: 1, Trigger: run.ByCatchUp, State: run.Running},
	}
	equal(f, "the runs", f.firingRuns(store.SettlementQuery{}), want)
}

// settle makes firings of three schedules, settled some time after they were due,
// and returns them in order. A third of their runs are open.
func (f *fixture) settle() []run.Firing {
	f.Helper()
	ids := []string{"s", "other"}
	f.create(append(ids, "åäö")...)
	for n := range 60 {
		d := over(schedule.OverlapAllow, append(ids, "åäö")[n%3], n)
		if n%4 == 3 {
			d.Missed = run.ReasonLate
		}
		f.claim(n+n%7, d)
		if n%3 != n%2 && d.Missed == "" {
			f.end(d.RunID, n+10, run.Succeeded)
		}
	}
	all := f.settlements(store.SettlementQuery{})
	equal(f, "how many there are", len(all), 60)
	if !slices.IsSortedFunc(all, func(a, b run.Firing) int {
		return cmp.Or(cmp.Compare(a.ScheduleID, b.ScheduleID), a.DueAt.Compare(b.DueAt))
	}) {
		f.Error("the settlements are not in order")
	}
	return all
}

func pagesSettlements(f *fixture) {
	all := f.settle()
	runs := f.firingRuns(store.SettlementQuery{})
	for _, limit := range []int{1, 7, 59, 60, 1000} {
		for _, q := range []store.SettlementQuery{{Limit: limit}, {Limit: limit, SettledFrom: minute(-1)}} {
			equal(f, fmt.Sprint("the settlements by ", limit), f.settlements(q), all)
			equal(f, fmt.Sprint("the runs by ", limit), f.firingRuns(q), runs)
		}
	}
	for _, limit := range []int{-1, store.MaxPage + 1} {
		if _, err := f.audit().Settlements(f.ctx, store.SettlementQuery{Limit: limit}); err == nil {
			f.Errorf("the limit %d is accepted", limit)
		}
		if _, err := f.audit().FiringRuns(f.ctx, store.SettlementQuery{Limit: limit}); err == nil {
			f.Errorf("the limit %d is accepted", limit)
		}
	}
}

func boundsSettlements(f *fixture) {
	all := f.settle()
	within := func(at, from, to time.Time) bool {
		return (from.IsZero() || !at.Before(from)) && (to.IsZero() || at.Before(to))
	}
	bounds := []time.Time{{}, minute(0), minute(13), minute(40), minute(99)}
	for _, from := range bounds {
		for _, to := range bounds {
			for _, q := range []store.SettlementQuery{
				{From: from, To: to}, {SettledFrom: from, SettledTo: to}, {From: from, To: minute(50), SettledTo: to},
			} {
				q.Limit = 11
				var want []run.Firing
				var ran []string
				for _, x := range all {
					if within(x.DueAt, q.From, q.To) && within(x.SettledAt, q.SettledFrom, q.SettledTo) {
						if want = append(want, x); x.RunID != "" {
							ran = append(ran, x.RunID)
						}
					}
				}
				equal(f, fmt.Sprintf("the settlements of %+v", q), f.settlements(q), want)
				var got []string
				for _, r := range f.firingRuns(q) {
					got = append(got, r.RunID)
				}
				equal(f, fmt.Sprintf("the runs of %+v", q), got, ran)
			}
		}
	}
}

// settledOn is what was settled within 24 hours from minute n.
func (f *fixture) settledOn(n int) (all []run.Firing) {
	f.Helper()
	f.check("listing the settlements of a day", f.audit().SettledOn(f.ctx, minute(n), func(x run.Firing) error {
		all = append(all, x)
		return nil
	}))
	return all
}

func settledOnADay(f *fixture) {
	all := f.settle()
	const day = 24 * 60
	for _, from := range []int{-day - 1, -day, 20 - day, 30 - day, 0, 30, 200} {
		var want []run.Firing
		for _, x := range all {
			if !x.SettledAt.Before(minute(from)) && x.SettledAt.Before(minute(from+day)) {
				want = append(want, x)
			}
		}
		equal(f, fmt.Sprint("the settlements of the day from minute ", from), f.settledOn(from), want)
	}
	enough, n := errors.New("enough"), 0
	err := f.audit().SettledOn(f.ctx, minute(-1), func(run.Firing) error {
		if n++; n == 7 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || n != 7 {
		f.Errorf("after %d firings: %v", n, err)
	}
}

func manyOnADay(f *fixture) {
	ids := []string{"b", "a", "c"}
	f.create(ids...)
	var due []store.Due
	for n := range 4000 {
		d := over(schedule.OverlapAllow, ids[n%3], n)
		if n%5 > 0 {
			d.Missed = run.ReasonLate
		}
		due = append(due, d)
	}
	f.claim(4000, due...)
	equal(f, "the settlements of the day", f.settledOn(3990), f.settlements(store.SettlementQuery{}))
}

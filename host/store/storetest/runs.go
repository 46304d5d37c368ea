package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

func runsCases() []Case {
	return []Case{
		{Name: "runs are listed by every filter, page by page", test: runsFiltered},
		{Name: "runs are listed without loss or repeat while others are made", test: runsWhileAdded},
		{Name: "a page has fifty runs unless it is said", test: runsLimit},
		{Name: "a run that is not there is not found", test: runNotFound},
	}
}

// past makes runs of two schedules in all states, three at each of many
// instants, and returns them newest first.
func (f *fixture) past() []run.Run {
	f.Helper()
	f.create("s", "other")
	var all []run.Run
	for n := range 84 {
		asked := f.asked(fmt.Sprintf("r%02d", (n*37)%84), []string{"s", "other", "s"}[n%3])
		asked.Run.CreatedAt = minute(n / 3)
		state := run.States()[n%len(run.States())]
		asked.Start = state != run.Waiting
		r, _ := f.trigger(asked)
		if !state.Open() {
			f.end(r.ID, n/3, state)
			r.State, r.EndedAt = state, minute(n/3)
		}
		all = append(all, r)
	}
	slices.SortFunc(all, newestFirst)
	return all
}

func newestFirst(a, b run.Run) int {
	return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
}

// combinations are all filters worth telling apart.
func combinations() []store.RunQuery {
	states := [][]run.State{nil, {run.Waiting, run.Running}, {run.Lost, run.Failed, run.Lost, run.TimedOut}, {"nonsense"}, {"nonsense", run.Succeeded}, run.States()}
	for _, s := range run.States() {
		states = append(states, []run.State{s})
	}
	spans := [][2]time.Time{{}, {minute(5)}, {{}, minute(5)}, {minute(5), minute(20)}, {minute(5), minute(5)}}
	var all []store.RunQuery
	for _, id := range []string{"", "s", "other", "absent"} {
		for _, some := range states {
			for _, span := range spans {
				all = append(all, store.RunQuery{ScheduleID: id, States: some, From: span[0], To: span[1]})
			}
		}
	}
	return all
}

func fits(q store.RunQuery, r run.Run) bool {
	return (q.ScheduleID == "" || q.ScheduleID == r.ScheduleID) &&
		(len(q.States) == 0 || slices.Contains(q.States, r.State)) &&
		(q.From.IsZero() || !r.CreatedAt.Before(q.From)) &&
		(q.To.IsZero() || r.CreatedAt.Before(q.To))
}

func runsFiltered(f *fixture) {
	all := f.past()
	for i, q := range combinations() {
		var want []run.Run
		for _, r := range all {
			if fits(q, r) {
				want = append(want, r)
			}
		}
		q.Limit = 10 + i%23 // few pages for most, and a page that is just full for some
		equal(f, fmt.Sprintf("the runs of %+v", q), f.allRuns(q), want)
	}
}

// runsWhileAdded makes newer runs, and one at the same instant as others,
// between the pages.
func runsWhileAdded(f *fixture) {
	all := f.past()
	q := store.RunQuery{Limit: 10}
	var got []run.Run
	for n := 0; ; n++ {
		page := f.runs(q)
		got = append(got, page.Runs...)
		if q.After = page.Next; q.After == (store.RunCursor{}) {
			break
		}
		newer := f.asked(fmt.Sprint("newer", n), "s")
		newer.Run.CreatedAt = minute(100 + n)
		f.trigger(newer)
		beside := f.asked(fmt.Sprint("z", n), "s") // sorts before the cursor's run
		beside.Run.CreatedAt = q.After.CreatedAt
		f.trigger(beside)
	}
	equal(f, "the runs", got, all)
}

func runsLimit(f *fixture) {
	all := f.past()
	page := f.runs(store.RunQuery{})
	equal(f, "the page", page, store.RunPage{Runs: all[:50], Next: store.RunCursor{CreatedAt: all[49].CreatedAt, ID: all[49].ID}})
	exact := f.runs(store.RunQuery{Limit: len(all)})
	equal(f, "a page that holds all", exact, store.RunPage{Runs: all})
	for _, limit := range []int{-1, store.MaxPage + 1} {
		if _, err := f.st.Runs(f.ctx, store.RunQuery{Limit: limit}); err == nil {
			f.Errorf("the limit %d is accepted", limit)
		}
	}
}

func runNotFound(f *fixture) {
	_, _, err := f.st.Run(f.ctx, "absent")
	f.refused(err, store.ErrNotFound, "absent")
}

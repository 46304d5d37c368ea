package storetest

import (
	"fmt"
	"sync"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func takeCases() []Case {
	return []Case{
		{Name: "a waiting run is taken", test: takesWaiting},
		{Name: "a run that does not wait is not taken", test: takesNoOther},
		{Name: "waiting runs are taken earliest due first, then by id", test: takesInOrder},
		{Name: "waiting runs of other plugins are left", test: takesOfPlugin},
		{Name: "waiting runs of schedules that cannot be executed are left", test: takesExcept},
		{Name: "a limit of a take beyond the bounds is refused", test: takeLimits},
		{Name: "a run is taken once by many at a time", test: takesOnce},
		{Name: "a triggered run that waits is taken", test: takesTriggered},
		{Name: "waiting runs are counted by plugin", test: countsWaiting},
	}
}

// take takes at minute n.
func (f *fixture) take(n, limit int, except ...string) []run.Run {
	f.Helper()
	got, err := f.st.Take(f.ctx, store.Take{HostID: f.id, At: minute(n), Plugin: "qlik", Limit: limit, Except: except})
	f.check("taking", err)
	return got
}

func (f *fixture) waiting() map[string]int {
	f.Helper()
	got, err := f.st.Waiting(f.ctx)
	f.check("counting what waits", err)
	return got
}

func runIDs(all []run.Run) []string {
	var ids []string
	for _, r := range all {
		ids = append(ids, r.ID)
	}
	return ids
}

func takesWaiting(f *fixture) {
	f.create("s")
	f.claim(1, waiting("s", 1))
	want, _ := f.run(runID("s", 1))
	want.State, want.StartedAt, want.Attempts = run.Running, minute(3), 1
	equal(f, "the answer", f.take(3, 10), []run.Run{want})
	r, attempts := f.run(runID("s", 1))
	equal(f, "the run", r, want)
	equal(f, "the attempts", attempts, []run.Attempt{{
		RunID: r.ID, Number: 1, HostID: host, State: run.Running, StartedAt: minute(3),
	}})
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Running: 1})
	equal(f, "how many wait", len(f.waiting()), 0)
	f.end(r.ID, 4, run.Succeeded)
	equal(f, "the counts when it has ended", f.counts().Runs, map[run.State]int64{run.Succeeded: 1})
}

func takesNoOther(f *fixture) {
	f.noneWaiting()
	before := f.dump()
	equal(f, "how many were taken", len(f.take(3, 10)), 0)
	equal(f, "the ledger", f.dump(), before)
}

// waitingMany makes runs that wait for so many minutes of the schedules,
// the latest first.
func (f *fixture) waitingMany(minutes int, ids ...string) {
	f.Helper()
	var asked []store.Due
	for n := minutes; n > 0; n-- {
		for _, id := range ids {
			d := waiting(id, n)
			d.Overlap = schedule.OverlapAllow
			asked = append(asked, d)
		}
	}
	f.claim(minutes, asked...)
}

func takesInOrder(f *fixture) {
	f.create("b", "a")
	f.waitingMany(5, "b", "a")
	var want []string
	for n := 1; n <= 5; n++ {
		want = append(want, runID("a", n), runID("b", n))
	}
	var got []string
	for _, limit := range []int{1, 4, 3, 9, 9} {
		some := runIDs(f.take(6, limit))
		equal(f, fmt.Sprint("how many were taken of ", limit), len(some), min(limit, len(want)-len(got)))
		got = append(got, some...)
	}
	equal(f, "the order", got, want)
}

func takesOfPlugin(f *fixture) {
	f.create("s", "other")
	d := waiting("other", 1)
	d.Plugin = "http"
	f.claim(2, waiting("s", 2), d)
	equal(f, "what was taken", runIDs(f.take(3, 10)), []string{runID("s", 2)})
	equal(f, "the other", f.state(d.RunID), run.Waiting)
}

func takesExcept(f *fixture) {
	f.create("a", "b", "c")
	f.waitingMany(20, "a", "b", "c")
	got := f.take(21, 5, "a", "c", "absent")
	equal(f, "what was taken", runIDs(got), []string{runID("b", 1), runID("b", 2), runID("b", 3), runID("b", 4), runID("b", 5)})
	equal(f, "how many are taken when none may be", len(f.take(21, 5, "a", "b", "c")), 0)
	equal(f, "what is taken then", runIDs(f.take(21, 2)), []string{runID("a", 1), runID("c", 1)})
}

func takeLimits(f *fixture) {
	f.create("s")
	f.claim(1, waiting("s", 1))
	for _, limit := range []int{-1, 0, store.MaxPage + 1} {
		if _, err := f.st.Take(f.ctx, store.Take{HostID: host, Plugin: "qlik", Limit: limit}); err == nil {
			f.Errorf("the limit %d is accepted", limit)
		}
	}
	equal(f, "how many are taken with the largest", len(f.take(2, store.MaxPage)), 1)
}

func takesOnce(f *fixture) {
	const runs = 400
	f.create("a", "b")
	f.waitingMany(runs/2, "a", "b")
	var mu sync.Mutex
	taken := map[string]int{}
	together(8, func(i int) {
		for {
			got, err := f.st.Take(f.ctx, store.Take{HostID: host, At: minute(runs), Plugin: "qlik", Limit: 7 + i})
			if err != nil {
				f.Error(err)
			}
			if len(got) == 0 {
				return
			}
			mu.Lock()
			for _, r := range got {
				taken[r.ID]++
			}
			mu.Unlock()
		}
	})
	equal(f, "how many were taken", len(taken), runs)
	for id, n := range taken {
		_, attempts := f.run(id)
		equal(f, "how often "+id+" was taken, and its attempts", []int{n, len(attempts)}, []int{1, 1})
	}
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Running: runs})
}

func takesTriggered(f *fixture) {
	f.create("s")
	asked := f.asked("r", "s")
	asked.Start, asked.Run.Plugin, asked.Run.IdempotencyKey = false, "qlik", "key"
	want, _ := f.trigger(asked)
	want.State, want.StartedAt, want.Attempts = run.Running, minute(2), 1
	equal(f, "the answer", f.take(2, 1), []run.Run{want})
}

func countsWaiting(f *fixture) {
	equal(f, "how many wait in an empty ledger", len(f.waiting()), 0)
	f.create("a", "b")
	f.waitingMany(3, "a")
	d := waiting("b", 1)
	d.Plugin = "http"
	f.claim(4, d, due("b", 2))
	equal(f, "how many wait", f.waiting(), map[string]int{"qlik": 3, "http": 1})
	f.take(5, 2)
	_, err := f.st.Abandon(f.ctx, store.Abandon{RunID: d.RunID, At: minute(6), State: run.Cancelled})
	f.check("abandoning", err)
	equal(f, "how many still wait", f.waiting(), map[string]int{"qlik": 1})
}

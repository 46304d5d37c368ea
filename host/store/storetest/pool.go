package storetest

import (
	"fmt"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func poolCases() []Case {
	return []Case{
		{Name: "a run that needs a pool waits, and is taken while it has slots", test: poolLimits},
		{Name: "a pool is one for several plugins", test: poolOfPlugins},
		{Name: "a pool that is full keeps nothing else from being taken", test: fullPoolLeavesOthers},
		{Name: "a pool without slots gives none, and one that is not named has no limit", test: poolsOfNone},
		{Name: "waiting runs are taken by priority, then due time, then id", test: takesByPriority},
		{Name: "thousands that wait for a full pool are passed over", Large: true, test: fullPoolOfMany},
	}
}

// pooled is due with a pool.
func pooled(pool, id string, n int) store.Due {
	d := over(schedule.OverlapAllow, id, n)
	d.Pool = pool
	return d
}

// takeOf takes of a plugin at minute n, with the slots of pools.
func (f *fixture) takeOf(plugin string, n, limit int, pools map[string]int) []run.Run {
	f.Helper()
	got, err := f.st.Take(f.ctx, store.Take{HostID: f.id, At: minute(n), Plugin: plugin, Limit: limit, Pools: pools})
	f.check("taking", err)
	return got
}

func poolLimits(f *fixture) {
	f.create("s")
	slots := map[string]int{"p": 2}
	got := f.claim(5, pooled("p", "s", 1), pooled("p", "s", 2), pooled("p", "s", 3), pooled("p", "s", 4))
	equal(f, "the answers", got, []store.Claimed{ran(run.Waiting), ran(run.Waiting), ran(run.Waiting), ran(run.Waiting)})
	equal(f, "what is taken", runIDs(f.takeOf("qlik", 6, 10, slots)), []string{runID("s", 1), runID("s", 2)})
	equal(f, "what is taken of a full pool", len(f.takeOf("qlik", 6, 10, slots)), 0)
	f.end(runID("s", 2), 7, run.Succeeded)
	equal(f, "what is taken when one has ended", runIDs(f.takeOf("qlik", 8, 10, slots)), []string{runID("s", 3)})
	f.endAgain(runID("s", 1), 1, 9, store.Again{ReadyAt: minute(50)})
	equal(f, "what is taken when one waits again", runIDs(f.takeOf("qlik", 10, 10, slots)), []string{runID("s", 4)})
	equal(f, "the pool of a run", f.mustRun(runID("s", 4)).Pool, "p")
}

func (f *fixture) mustRun(id string) run.Run {
	f.Helper()
	r, _ := f.run(id)
	return r
}

func poolOfPlugins(f *fixture) {
	f.create("s")
	slots := map[string]int{"p": 2}
	var all []store.Due
	for n := range 6 {
		d := pooled("p", "s", n)
		d.Plugin = []string{"qlik", "http", "mail"}[n%3]
		all = append(all, d)
	}
	f.claim(6, all...)
	equal(f, "what is taken of one", runIDs(f.takeOf("qlik", 7, 1, slots)), []string{runID("s", 0)})
	equal(f, "what is taken of another", runIDs(f.takeOf("http", 7, 9, slots)), []string{runID("s", 1)})
	equal(f, "what is taken of a third", len(f.takeOf("mail", 7, 9, slots)), 0)
	f.end(runID("s", 0), 8, run.Succeeded)
	equal(f, "what is taken then", runIDs(f.takeOf("mail", 9, 9, slots)), []string{runID("s", 2)})
}

func fullPoolLeavesOthers(f *fixture) {
	f.create("s")
	f.claim(9, pooled("p", "s", 1), pooled("p", "s", 2), pooled("q", "s", 3), pooled("p", "s", 5), pooled("q", "s", 6))
	slots := map[string]int{"p": 1, "q": 2}
	alone := waiting("s", 7)
	alone.Overlap = schedule.OverlapAllow
	f.claim(9, alone)
	equal(f, "what is taken", runIDs(f.takeOf("qlik", 9, 10, slots)), []string{runID("s", 1), runID("s", 3), runID("s", 6), alone.RunID})
}

func poolsOfNone(f *fixture) {
	f.create("s")
	f.claim(9, pooled("none", "s", 1), pooled("any", "s", 2), pooled("any", "s", 3))
	equal(f, "what is taken", runIDs(f.takeOf("qlik", 9, 10, map[string]int{"none": 0})), []string{runID("s", 2), runID("s", 3)})
	equal(f, "what is taken when there are fewer slots than run", len(f.takeOf("qlik", 9, 10, map[string]int{"none": 0, "any": 1})), 0)
}

func takesByPriority(f *fixture) {
	f.create("s")
	var all []store.Due
	want := make([]string, 0, 9)
	for i, priority := range []int{5, 0, -5} {
		for n := range 3 {
			want = append(want, runID("s", 3*i+n))
			d := pooled([]string{"", "p", "q"}[n], "s", 3*i+n)
			d.Priority, d.Start = priority, false
			all = append([]store.Due{d}, all...)
		}
	}
	f.claim(9, all...)
	var got []string
	for _, limit := range []int{2, 1, 4, 9} {
		for _, r := range f.takeOf("qlik", 9, limit, nil) {
			got = append(got, fmt.Sprint(r.ID))
		}
	}
	equal(f, "the order", got, want)
	equal(f, "the priority of a run", f.mustRun(want[0]).Priority, 5)
}

func fullPoolOfMany(f *fixture) {
	f.create("s")
	var all []store.Due
	for n := range 3000 {
		all = append(all, pooled("p", "s", n))
	}
	last := waiting("s", 5000)
	last.Overlap = schedule.OverlapAllow
	f.claim(5000, append(all, last)...)
	slots := map[string]int{"p": 3}
	equal(f, "how many are taken", len(f.takeOf("qlik", 5000, 1000, slots)), 4)
	equal(f, "how many are taken of a full pool", len(f.takeOf("qlik", 5000, 1000, slots)), 0)
	equal(f, "how many wait", f.waiting(), map[string]int{"qlik": 2997})
}

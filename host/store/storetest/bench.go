package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// burst is how many firings are due at one instant.
const burst = 10_000

// Bench measures what the budgets are about: bursts of claims and ends, lists of
// a history of so many runs, and schedules created beside many. Each takes
// seconds at most, but for the history, which takes some 50 s for a million.
func Bench(b *testing.B, newOpener func(t testing.TB) Opener, history int) {
	b.Run("claim of 10000", func(b *testing.B) { newBench(b, newOpener).claims(burst) })
	b.Run("claim of 10000 with all policies", func(b *testing.B) { benchPolicies(b, newOpener) })
	b.Run("claim of 1", func(b *testing.B) { newBench(b, newOpener).claims(1) })
	b.Run("take of 100 beside 10000 waiting", func(b *testing.B) { newBench(b, newOpener).takes(100, burst) })
	b.Run("end of 10000", func(b *testing.B) { newBench(b, newOpener).ends(burst) })
	b.Run("end of 1", func(b *testing.B) { newBench(b, newOpener).ends(1) })
	for _, present := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("create a schedule beside %d", present), func(b *testing.B) {
			newBench(b, newOpener).creations(present)
		})
	}
	benchKeyValues(b, newOpener)
	b.Run("create 100000 schedules", func(b *testing.B) { benchCreateMany(b, newOpener) })
	b.Run(fmt.Sprintf("with %d runs", history), func(b *testing.B) { newBench(b, newOpener).lists(history) })
}

// bench is a ledger that is measured.
type bench struct {
	*testing.B
	ctx     context.Context
	st      store.Store
	instant int // the last that was claimed
}

func newBench(b *testing.B, newOpener func(t testing.TB) Opener) *bench {
	st := newOpener(b)(b)
	b.Cleanup(func() {
		if err := st.Close(); err != nil {
			b.Error(err)
		}
	})
	ctx := context.Background()
	if _, err := st.Join(ctx, store.Host{ID: host}); err != nil {
		b.Fatal(err)
	}
	return &bench{B: b, ctx: ctx, st: st}
}

func (b *bench) check(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// schedules creates so many, s0 and on.
func (b *bench) schedules(n int) {
	_, err := b.st.Change(b.ctx, creations(n))
	b.check(err)
}

func creations(n int) []store.Change {
	changes := make([]store.Change, n)
	for i := range changes {
		changes[i] = create(a(fmt.Sprint("s", i)), minute(-5))
	}
	return changes
}

// claimAt is a claim of the next instant of so many schedules.
func (b *bench) claimAt(n int) store.Claim {
	b.instant++
	c := store.Claim{HostID: host, At: minute(b.instant), Until: minute(b.instant), Due: make([]store.Due, n)}
	for i := range c.Due {
		c.Due[i] = due(fmt.Sprint("s", i), b.instant)
		c.Due[i].RunID = fmt.Sprintf("0199a3e4-7c11-7%03x-%04x-%012x", b.instant%4096, b.instant/4096, i) // as long as a UUID
		c.Due[i].Overlap = schedule.OverlapAllow
	}
	return c
}

func (b *bench) claim(c store.Claim) {
	_, err := b.st.Claim(b.ctx, c)
	b.check(err)
}

// claims measures claims of n firings, of schedules that have no run open.
func (b *bench) claims(n int) {
	b.schedules(n)
	for b.Loop() {
		b.StopTimer()
		c := b.claimAt(n)
		b.StartTimer()
		b.claim(c)
		b.StopTimer()
		b.end(c, run.Succeeded)
		b.StartTimer()
	}
}

// takes measures takes of n runs while so many wait.
func (b *bench) takes(n, waiting int) {
	b.schedules(n)
	wait := func() {
		c := b.claimAt(n)
		for i := range c.Due {
			c.Due[i].Start = false
		}
		b.claim(c)
	}
	for range waiting / n {
		wait()
	}
	for b.Loop() {
		b.StopTimer()
		wait()
		b.StartTimer()
		got, err := b.st.Take(b.ctx, store.Take{HostID: host, At: minute(b.instant), Plugin: "qlik", Limit: n})
		if b.check(err); len(got) != n {
			b.Fatalf("%d runs were taken", len(got))
		}
	}
}

// ends measures the ends of n attempts, each by a caller of its own.
func (b *bench) ends(n int) {
	b.schedules(n)
	for b.Loop() {
		b.StopTimer()
		c := b.claimAt(n)
		b.claim(c)
		b.StartTimer()
		b.end(c, run.Succeeded)
	}
}

func (b *bench) end(c store.Claim, state run.State) {
	together(len(c.Due), func(i int) {
		done, err := b.st.End(b.ctx, store.AttemptEnd{
			RunID: c.Due[i].RunID, Number: 1, HostID: host, At: c.At, State: state, Summary: "reloaded in 12 s",
		})
		if err != nil || !done {
			b.Errorf("ending: %v, %v", done, err)
		}
	})
}

func (b *bench) creations(present int) {
	b.schedules(present)
	for n := 0; b.Loop(); n++ {
		_, err := b.st.Change(b.ctx, []store.Change{create(a(fmt.Sprint("new", n)), minute(0))})
		b.check(err)
	}
}

func benchCreateMany(b *testing.B, newOpener func(t testing.TB) Opener) {
	many := creations(100_000)
	var loading time.Duration
	for b.Loop() {
		b.StopTimer()
		f := newBench(b, newOpener)
		b.StartTimer()
		_, err := f.st.Change(f.ctx, many)
		f.check(err)
		began := time.Now()
		all, err := f.st.Schedules(f.ctx)
		if loading += time.Since(began); err != nil || len(all) != len(many) {
			b.Fatalf("loading gave %d schedules, %v", len(all), err)
		}
	}
	b.ReportMetric(float64(loading.Milliseconds())/float64(b.N), "ms/load")
}

// lists makes a history of a hundred schedules, of which one run in ten failed,
// and lists its newest fifty by each filter.
func (b *bench) lists(history int) {
	b.schedules(100)
	for made := 0; made < history; made += 100 {
		c := b.claimAt(100)
		b.claim(c)
		b.end(c, map[bool]run.State{true: run.Failed, false: run.Succeeded}[b.instant%10 == 0])
	}
	middle := minute(b.instant / 2)
	for _, q := range []struct {
		name string
		q    store.RunQuery
	}{
		{"all", store.RunQuery{}},
		{"of a schedule", store.RunQuery{ScheduleID: "s50"}},
		{"failed", store.RunQuery{States: []run.State{run.Failed}}},
		{"failed of a schedule", store.RunQuery{ScheduleID: "s50", States: []run.State{run.Failed}}},
		{"open", store.RunQuery{States: []run.State{run.Waiting, run.Running}}},
		{"of another schedule", store.RunQuery{ScheduleID: "absent"}},
		{"of a time", store.RunQuery{From: minute(1), To: middle}},
		{"behind a cursor", store.RunQuery{After: store.RunCursor{CreatedAt: middle, ID: "0199"}}},
	} {
		b.Run("list "+q.name, func(sub *testing.B) {
			for sub.Loop() {
				_, err := b.st.Runs(b.ctx, q.q)
				b.check(err)
			}
		})
	}
	b.Run("take and claim of 100 with policies", func(sub *testing.B) { b.takesWithPolicies(sub) })
	b.Run("count", func(sub *testing.B) {
		for sub.Loop() {
			_, err := b.st.Counts(b.ctx)
			b.check(err)
		}
	})
	b.Run("claim of 100", func(sub *testing.B) {
		for sub.Loop() {
			c := b.claimAt(100)
			b.claim(c)
			sub.StopTimer()
			b.end(c, run.Succeeded)
			sub.StartTimer()
		}
	})
}

package upkeep

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"butlerd/host/audit"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/store/sqlite"
)

const minute = time.Minute

// bundle is a ledger in memory with a schedule that fires each hour, and has fired for
// some days.
type bundle struct {
	*sqlite.DB
	t   *testing.T
	now time.Time
}

func setup(t *testing.T, days int) *bundle {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Options{Path: ":memory:"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	b := &bundle{DB: db, t: t, now: time.Now().UTC().Truncate(day)}
	if _, err := db.Join(t.Context(), store.Host{ID: "h", Name: "h", JoinedAt: b.now}); err != nil {
		t.Fatal(err)
	}
	s := store.Schedule{Definition: schedule.Definition{ID: "s", Name: "s", Cron: "0 * * * *", Timezone: "UTC", Startup: schedule.StartupStarted,
		Overlap: schedule.OverlapAllow, Action: schedule.Action{Type: "a"}}, Source: store.SourceAPI, Started: true, CreatedAt: b.now}
	if _, err := db.Change(t.Context(), []store.Change{{Kind: store.Create, Schedule: s, At: b.now}}); err != nil {
		t.Fatal(err)
	}
	for range 24 * days {
		b.fire(time.Hour)
	}
	return b
}

// fire lets time pass, and then claims the firing that is due, and ends its run.
func (b *bundle) fire(after time.Duration) {
	b.t.Helper()
	time.Sleep(after)
	b.now = b.now.Add(after)
	b.claim(b.now)
}

func (b *bundle) claim(at time.Time) {
	b.t.Helper()
	due := store.Due{ScheduleID: "s", Name: "s", DueAt: at, Cron: "0 * * * *", Timezone: "UTC", Action: "a", Plugin: "p", RunID: uuid.Must(uuid.NewV7()).String(), Start: true}
	due.Policy.Overlap = schedule.OverlapAllow
	claimed, err := b.Claim(b.t.Context(), store.Claim{HostID: "h", At: at, Until: at, Due: []store.Due{due}})
	if err != nil || len(claimed) != 1 {
		b.t.Fatal(claimed, err)
	}
	if _, err := b.End(b.t.Context(), store.AttemptEnd{RunID: due.RunID, Number: 1, HostID: "h", At: at.Add(time.Second), State: run.Succeeded}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bundle) seal() {
	b.t.Helper()
	s := audit.NewSealer(audit.SealerOptions{Store: b.DB, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if _, err := s.Seal(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bundle) upkeep(keep Keep) *Upkeep {
	return New(Options{Ledger: b.DB, Keep: func() Keep { return keep }, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
}

func (b *bundle) prune(keep Keep) {
	b.t.Helper()
	if err := b.upkeep(keep).Prune(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bundle) count() (firings, runs int64) {
	b.t.Helper()
	c, err := b.Counts(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return c.Firings[run.Ran], c.Runs[run.Succeeded]
}

func inBubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, test)
	})
}

func TestPrune(t *testing.T) {
	t.Parallel()
	inBubble(t, "keeps what is younger, and verifies from then on", func(t *testing.T) {
		b := setup(t, 10)
		b.fire(time.Hour)
		b.fire(time.Hour)
		b.seal()
		b.prune(Keep{For: 4 * day})
		firings, runs := b.count()
		if firings != 24*4+3 || runs != firings { // the midnight at which it begins was settled after it
			t.Errorf("%d firings and %d runs are kept", firings, runs)
		}
		r, err := audit.Verify(t.Context(), b.DB, audit.Options{LateLimit: minute, Specs: schedule.NewCache(), Now: time.Now})
		if err != nil || !r.OK || r.KeptSince == nil || r.KeptSince.IsZero() {
			t.Errorf("%v: %+v", err, r)
		}
	})
	inBubble(t, "never deletes a day that is not sealed", func(t *testing.T) {
		b := setup(t, 5)
		b.prune(Keep{For: time.Hour})
		if firings, _ := b.count(); firings != 24*5 {
			t.Errorf("%d firings are left of an unsealed ledger", firings)
		}
	})
	inBubble(t, "keeps so many runs", func(t *testing.T) {
		b := setup(t, 10)
		b.fire(2 * time.Hour)
		b.seal()
		b.prune(Keep{Runs: 48})
		if _, runs := b.count(); runs < 48 || runs > 48+24 {
			t.Errorf("%d runs are kept, want 48 and the rest of their day", runs)
		}
	})
	inBubble(t, "keeps all when it is told to", func(t *testing.T) {
		b := setup(t, 3)
		b.seal()
		b.prune(Keep{})
		if _, runs := b.count(); runs != 72 {
			t.Errorf("%d runs are kept", runs)
		}
	})
	inBubble(t, "harms nothing when several hosts do it at once", func(t *testing.T) {
		b := setup(t, 10)
		b.fire(2 * time.Hour)
		b.seal()
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { b.prune(Keep{For: 2 * day}) })
		}
		all.Wait()
		r, err := audit.Verify(t.Context(), b.DB, audit.Options{From: b.now.Add(-2 * day), LateLimit: minute, Specs: schedule.NewCache(), Now: time.Now})
		if _, runs := b.count(); err != nil || runs < 48 || runs > 72 || len(r.Findings) > 1 {
			t.Errorf("%d runs: %v: %+v", runs, err, r.Findings)
		}
	})
}

// fakeLedger always has more to delete, slowly.
type fakeLedger struct {
	mu     sync.Mutex
	prunes []store.Prune
	took   time.Duration
}

// Seals implements Ledger.
func (f *fakeLedger) Seals(context.Context) ([]store.Seal, error) {
	return []store.Seal{{Day: time.Now().UTC().Truncate(day)}}, nil
}

// Cutoff implements Ledger.
func (f *fakeLedger) Cutoff(context.Context, int64) (time.Time, error) { return time.Time{}, nil }

// Prune implements Ledger.
func (f *fakeLedger) Prune(_ context.Context, p store.Prune) (store.Pruned, error) {
	time.Sleep(f.took)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.prunes = append(f.prunes, p)
	return store.Pruned{Runs: 1, More: true}, nil
}

// RemoveExpired implements Ledger.
func (f *fakeLedger) RemoveExpired(context.Context, time.Time, int) (int, error) { return 0, nil }

func TestUpkeep(t *testing.T) {
	t.Parallel()
	inBubble(t, "deletes in batches with rests between, and stops soon", func(t *testing.T) {
		f := &fakeLedger{took: 100 * time.Millisecond}
		u := New(Options{Ledger: f, Keep: func() Keep { return Keep{For: day} }, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		u.Start()
		time.Sleep(10*time.Second + time.Millisecond)
		began := time.Now()
		u.Stop()
		if waited := time.Since(began); waited > time.Second {
			t.Errorf("it stopped after %s", waited)
		}
		if n := len(f.prunes); n < 15 || n > 25 || f.prunes[0].Limit != batch {
			t.Errorf("%d batches in 10 s, which take 100 ms each", n)
		}
	})
	inBubble(t, "asks each time what is to be kept", func(t *testing.T) {
		b := setup(t, 5)
		b.seal()
		var mu sync.Mutex
		keep := Keep{}
		u := New(Options{Ledger: b.DB, Keep: func() Keep { mu.Lock(); defer mu.Unlock(); return keep }, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		u.Start()
		time.Sleep(90 * minute)
		if _, runs := b.count(); runs != 24*5 {
			t.Errorf("%d runs are kept", runs)
		}
		mu.Lock()
		keep.For = day
		mu.Unlock()
		time.Sleep(2 * time.Hour)
		u.Stop()
		if _, runs := b.count(); runs >= 24*5 {
			t.Errorf("%d runs are kept after the change", runs)
		}
	})
}

// Firings that come due while much is deleted are claimed meanwhile. How long they
// take is printed, not judged: it is the machine's.
func TestClaimsGoOnWhileMuchIsDeleted(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a ledger")
	}
	t.Parallel()
	db, err := sqlite.Open(t.Context(), sqlite.Options{Path: t.TempDir() + "/b.db"})
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{DB: db, t: t}
	t.Cleanup(func() { _ = db.Close() })
	past := time.Now().UTC().Truncate(day).AddDate(0, 0, -30)
	if _, err := db.Join(t.Context(), store.Host{ID: "h", Name: "h", JoinedAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
	s := store.Schedule{Definition: schedule.Definition{ID: "s", Name: "s", Cron: "* * * * * *", Timezone: "UTC", Overlap: schedule.OverlapAllow, Action: schedule.Action{Type: "a"}},
		Source: store.SourceAPI, Started: true, CreatedAt: past}
	if _, err := db.Change(t.Context(), []store.Change{{Kind: store.Create, Schedule: s, At: past}}); err != nil {
		t.Fatal(err)
	}
	const old = 20_000
	missed := make([]run.Firing, old)
	for i := range missed {
		at := past.Add(time.Duration(i+1) * time.Second)
		missed[i] = run.Firing{ScheduleID: "s", DueAt: at, Outcome: run.Missed, Reason: run.ReasonHostDown, Version: 1, SettledAt: at}
	}
	if _, err := db.Miss(t.Context(), missed); err != nil {
		t.Fatal(err)
	}
	b.seal()
	done := make(chan error, 1)
	go func() { done <- b.upkeep(Keep{For: day}).Prune(t.Context()) }()
	var took []time.Duration
	for at := time.Now().UTC().Truncate(time.Second); ; at = at.Add(time.Second) {
		began := time.Now()
		due := store.Due{ScheduleID: "s", Name: "s", DueAt: at, Cron: "* * * * * *", Timezone: "UTC", Action: "a", Plugin: "p", RunID: uuid.Must(uuid.NewV7()).String()}
		due.Policy.Overlap = schedule.OverlapAllow
		if _, err := db.Claim(t.Context(), store.Claim{HostID: "h", At: at, Until: at, Due: []store.Due{due}}); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(began))
		select {
		case err := <-done:
			slices.Sort(took)
			t.Logf("%d claims while %d firings were deleted: median %s, longest %s", len(took), old, took[len(took)/2], took[len(took)-1])
			if err != nil {
				t.Error(err)
			}
			return
		default:
		}
	}
}

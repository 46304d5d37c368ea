package registry

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/store/sqlite"
)

// bundle is a registry over a real store in memory and a real engine that fires
// into a list.
type bundle struct {
	*Registry
	store  *sqlite.DB
	engine *schedule.Engine
	fired  chan schedule.Due
	// claiming has one place: while it is taken, the claims of one of two hosts wait.
	claiming chan struct{}

	dropped []string
}

func setup(t *testing.T) *bundle {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	db, err := sqlite.Open(t.Context(), sqlite.Options{Path: ":memory:", Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	b := &bundle{store: db, fired: make(chan schedule.Due, 10_000)}
	b.engine = schedule.NewEngine(schedule.Options{Handle: func(due []schedule.Due) {
		for _, d := range due {
			b.fired <- d
		}
	}})
	b.Registry = b.again(log)
	return b
}

// again is a registry as the next start of the host makes it.
func (b *bundle) again(log *slog.Logger) *Registry { return New(b.options(log)) }

func (b *bundle) options(log *slog.Logger) Options {
	return Options{
		Store: b.store, Engine: b.engine, Specs: schedule.NewCache(), Log: log,
		LateLimit: time.Minute,
		PluginOf:  func(action string) string { return "plugin of " + action },
		Dropped:   func(id string) { b.dropped = append(b.dropped, id) },
	}
}

// fresh is a start at which no other host is there, and all is settled.
func fresh() Start { return Start{Alone: true, Now: time.Now(), After: time.Now()} }

func (b *bundle) start(t *testing.T) {
	b.engine.Start()
	t.Cleanup(b.engine.Stop)
}

func (b *bundle) count() int {
	n := len(b.fired)
	for range n {
		<-b.fired
	}
	return n
}

func definition(id, cron string) schedule.Definition {
	return schedule.Definition{
		ID: id, Name: "name of " + id, Cron: cron, Timezone: "UTC",
		Startup: schedule.StartupStarted, Overlap: schedule.OverlapAllow,
		Action: schedule.Action{Type: "act", Arguments: []byte(`{"x":1}`)},
	}
}

func declared(id, cron string) *Declared {
	return &Declared{
		Definition: definition(id, cron), Origin: "config.hcl:1", Plugin: "p", Fingerprint: cron,
		Bind: func(run.Facts) ([]byte, error) { return []byte(`{"from":"file"}`), nil },
	}
}

func inBubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, test)
	})
}

func TestCreate(t *testing.T) {
	t.Parallel()
	inBubble(t, "fires from then on", func(t *testing.T) {
		b := setup(t)
		b.start(t)
		s, err := b.Create(t.Context(), definition("a", "* * * * *"), "api")
		if err != nil || !s.Started || s.Version != 1 || s.Source != store.SourceAPI || !s.CreatedAt.Equal(time.Now()) {
			t.Fatalf("Create = %+v, %v", s, err)
		}
		time.Sleep(3*time.Minute + time.Second)
		if n := b.count(); n != 3 {
			t.Errorf("fired %d times, want 3", n)
		}
		job, ok := b.Job("a")
		args, err := job.Bind(run.Facts{})
		if !ok || job.Plugin != "plugin of act" || string(args) != `{"x":1}` || err != nil {
			t.Errorf("Job = %+v, %s, %v", job, args, err)
		}
	})
	inBubble(t, "does not start what is to be stopped at start", func(t *testing.T) {
		b := setup(t)
		b.start(t)
		d := definition("a", "* * * * *")
		d.Startup = schedule.StartupStopped
		if s, err := b.Create(t.Context(), d, "api"); err != nil || s.Started {
			t.Fatalf("Create = %+v, %v", s, err)
		}
		time.Sleep(time.Hour)
		if n := b.count(); n != 0 || b.Next("a", 1) != nil {
			t.Errorf("fired %d times, next %v", n, b.Next("a", 1))
		}
	})
	inBubble(t, "refuses what cannot fire, and an id that is taken", func(t *testing.T) {
		b := setup(t)
		for _, d := range []schedule.Definition{definition("a", "* * * *"), definition("a", "0 0 30 2 *")} {
			if _, err := b.Create(t.Context(), d, "api"); !errors.Is(err, ErrInvalid) {
				t.Errorf("Create(%q) = %v", d.Cron, err)
			}
		}
		if len(b.List()) != 0 {
			t.Error("something was stored")
		}
		if _, err := b.Create(t.Context(), definition("a", "@daily"), "api"); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Create(t.Context(), definition("a", "@daily"), "api"); !errors.Is(err, store.ErrExists) {
			t.Errorf("a second Create = %v", err)
		}
	})
}

func TestSetStarted(t *testing.T) {
	t.Parallel()
	inBubble(t, "stops and starts firing", func(t *testing.T) {
		b := setup(t)
		b.start(t)
		if _, err := b.Create(t.Context(), definition("a", "* * * * *"), "api"); err != nil {
			t.Fatal(err)
		}
		for i, step := range []struct {
			started bool
			want    int
		}{{false, 0}, {false, 0}, {true, 10}, {true, 10}} {
			s, err := b.SetStarted(t.Context(), "a", step.started, "api")
			if err != nil || s.Started != step.started {
				t.Fatalf("step %d: %+v, %v", i, s, err)
			}
			time.Sleep(10*time.Minute + time.Millisecond)
			if n := b.count(); n != step.want {
				t.Errorf("step %d: fired %d times, want %d", i, n, step.want)
			}
		}
		if s, _ := b.Get("a"); s.Version != 3 {
			t.Errorf("version = %d: what changes nothing must make no version", s.Version)
		}
	})
	inBubble(t, "settles what was due as it stopped and was not handed out", func(t *testing.T) {
		b := setup(t) // the engine is not started: it is as if its timer were late
		if _, err := b.Create(t.Context(), definition("a", "* * * * *"), "api"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2*time.Minute + time.Second)
		if _, err := b.SetStarted(t.Context(), "a", false, "api"); err != nil {
			t.Fatal(err)
		}
		f, err := b.store.Firings(t.Context(), store.FiringQuery{ScheduleID: "a"})
		if err != nil || len(f) != 2 {
			t.Fatalf("firings = %+v, %v; want the two that came due", f, err)
		}
		for _, firing := range f {
			if firing.Outcome != run.Skipped || firing.Reason != run.ReasonStopped || firing.Version != 1 {
				t.Errorf("firing = %+v", firing)
			}
		}
	})
	inBubble(t, "does all in one go", func(t *testing.T) {
		b := setup(t)
		b.start(t)
		for _, id := range []string{"a", "b", "c"} {
			if _, err := b.Create(t.Context(), definition(id, "* * * * *"), "api"); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.SetAllStarted(t.Context(), false, "api"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if n := b.count(); n != 0 {
			t.Errorf("fired %d times", n)
		}
		if err := b.SetAllStarted(t.Context(), true, "api"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute + time.Millisecond)
		if n := b.count(); n != 3 {
			t.Errorf("fired %d times, want 3", n)
		}
	})
	inBubble(t, "does not know what is not there", func(t *testing.T) {
		b := setup(t)
		if _, err := b.SetStarted(t.Context(), "x", true, "api"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("err = %v", err)
		}
		if err := b.Delete(t.Context(), "x", "api"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestDelete(t *testing.T) {
	t.Parallel()
	inBubble(t, "ends the firing", func(t *testing.T) {
		b := setup(t)
		b.start(t)
		if _, err := b.Create(t.Context(), definition("a", "* * * * *"), "api"); err != nil {
			t.Fatal(err)
		}
		if err := b.Delete(t.Context(), "a", "api"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if _, ok := b.Get("a"); ok || b.count() != 0 || len(b.List()) != 0 || len(b.dropped) != 1 {
			t.Error("the schedule is still there")
		}
	})
	inBubble(t, "stays deleted when a change stored before it comes late", func(t *testing.T) {
		b := setup(t)
		if _, err := b.Create(t.Context(), definition("a", "* * * * *"), "api"); err != nil {
			t.Fatal(err)
		}
		slow := &slowStore{DB: b.store, stored: make(chan struct{}), release: make(chan struct{})}
		b.Registry.opts.Store = slow
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			if _, err := b.SetStarted(t.Context(), "a", false, "api"); err != nil {
				t.Error(err)
			}
		}()
		<-slow.stored
		if err := b.Delete(t.Context(), "a", "api"); err != nil {
			t.Fatal(err)
		}
		close(slow.release)
		<-stopped
		if _, ok := b.Get("a"); ok {
			t.Error("the schedule is there again")
		}
	})
	inBubble(t, "is not for what a file declares", func(t *testing.T) {
		b := setup(t)
		if err := b.Load(t.Context(), []*Declared{declared("f", "@daily")}, fresh()); err != nil {
			t.Fatal(err)
		}
		var owned *FileOwnedError
		if err := b.Delete(t.Context(), "f", "api"); !errors.As(err, &owned) || owned.Origin != "config.hcl:1" {
			t.Errorf("err = %v", err)
		}
	})
}

// slowStore holds updates back after they are stored.
type slowStore struct {
	*sqlite.DB
	stored, release chan struct{}
}

func (s *slowStore) Change(ctx context.Context, changes []store.Change) ([]store.Schedule, error) {
	now, err := s.DB.Change(ctx, changes)
	if changes[0].Kind == store.Update {
		close(s.stored)
		<-s.release
	}
	return now, err
}

// racingStore lets something happen between a deletion and its answer.
type racingStore struct {
	Store
	deleted func()
}

func (s racingStore) Change(ctx context.Context, changes []store.Change) ([]store.Schedule, error) {
	now, err := s.Store.Change(ctx, changes)
	if len(changes) > 0 && changes[0].Kind == store.Delete {
		s.deleted()
	}
	return now, err
}

func TestDeleteAsAnotherIsMade(t *testing.T) {
	t.Parallel()
	inBubble(t, "leaves the one that was made", func(t *testing.T) {
		b := setup(t)
		if _, err := b.Create(t.Context(), definition("a", "* * * * *"), "api"); err != nil {
			t.Fatal(err)
		}
		b.opts.Store = racingStore{b.store, func() {
			if _, err := b.Create(t.Context(), definition("a", "0 * * * *"), "api"); err != nil {
				t.Error(err)
			}
		}}
		if err := b.Delete(t.Context(), "a", "api"); err != nil {
			t.Fatal(err)
		}
		if s, ok := b.Get("a"); !ok || s.Cron != "0 * * * *" {
			t.Errorf("the schedule is %+v, %t", s, ok)
		}
	})
}

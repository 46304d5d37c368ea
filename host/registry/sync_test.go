package registry

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/store/sqlite"
)

// shared is one store that several registries use, with news of each change.
type shared struct {
	*sqlite.DB

	mu       sync.Mutex
	revision int64
	changed  map[string]int64
	declared map[*bundle][]string
}

func (s *shared) Change(ctx context.Context, changes []store.Change) ([]store.Schedule, error) {
	now, err := s.DB.Change(ctx, changes)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.revision++
		for _, c := range changes {
			s.changed[c.Schedule.ID] = s.revision
		}
	}
	return now, err
}

// neighbour is what one registry is told of the others.
type neighbour struct {
	*shared
	self *bundle
}

func (n neighbour) Declare(_ context.Context, ids []string) ([]string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.declared[n.self] = ids
	var others []string
	for b, ids := range n.declared {
		if b != n.self {
			others = append(others, ids...)
		}
	}
	return others, nil
}

func (n neighbour) News(ctx context.Context, since int64) (store.News, error) {
	inForce, err := n.Schedules(ctx)
	n.mu.Lock()
	defer n.mu.Unlock()
	news := store.News{Revision: n.revision}
	there := map[string]bool{}
	for _, s := range inForce {
		there[s.ID] = true
		if since == 0 || n.changed[s.ID] > since {
			news.Changed = append(news.Changed, s)
		}
	}
	for id, revision := range n.changed {
		if !there[id] && revision > since {
			news.Deleted = append(news.Deleted, id)
		}
	}
	return news, err
}

// two are the registries of two hosts with one store.
func two(t *testing.T) (a, b *bundle) {
	t.Helper()
	first := setup(t)
	s := &shared{DB: first.store, changed: map[string]int64{}, declared: map[*bundle][]string{}}
	join := func() *bundle {
		h := &bundle{store: first.store, fired: make(chan schedule.Due, 10_000), claiming: make(chan struct{}, 1)}
		h.engine = schedule.NewEngine(schedule.Options{Handle: func(due []schedule.Due) {
			for _, d := range due {
				h.fired <- d
			}
			h.claiming <- struct{}{}
			<-h.claiming
		}})
		o := h.options(slog.New(slog.NewTextHandler(t.Output(), nil)))
		o.Store, o.Neighbours, o.Labels = s, neighbour{s, h}, map[string]string{"zone": "a"}
		h.Registry = New(o)
		h.start(t)
		return h
	}
	return join(), join()
}

// load starts the registry of a host that joins others.
func (b *bundle) load(t *testing.T, declared ...*Declared) {
	t.Helper()
	if err := b.Load(t.Context(), declared, Start{Now: time.Now(), After: time.Now()}); err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) sync(t *testing.T) {
	t.Helper()
	if _, err := b.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) here(id string) bool {
	job, ok := b.Job(id)
	return ok && job.Here
}

func TestSync(t *testing.T) {
	t.Parallel()
	inBubble(t, "takes over what another host made, stopped and deleted", func(t *testing.T) {
		a, b := two(t)
		if _, err := a.Create(t.Context(), definition("x", "* * * * *"), "api"); err != nil {
			t.Fatal(err)
		}
		b.sync(t)
		time.Sleep(3*time.Minute + time.Second)
		if n := b.count(); n != 3 {
			t.Errorf("fired %d times, want 3", n)
		}
		if _, err := b.SetStarted(t.Context(), "x", false, "api"); err != nil {
			t.Fatal(err)
		}
		a.sync(t)
		a.count()
		time.Sleep(time.Hour)
		if n := a.count(); n != 0 {
			t.Errorf("fired %d times after another host stopped it", n)
		}
		if err := a.Delete(t.Context(), "x", "api"); err != nil {
			t.Fatal(err)
		}
		b.sync(t)
		if _, ok := b.Get("x"); ok {
			t.Error("it is still there after another host deleted it")
		}
	})
	inBubble(t, "comes before a change that was made from what is not in force any more", func(t *testing.T) {
		a, b := two(t)
		b.load(t, declared("f", "@daily"))
		a.load(t, declared("f", "@daily"))
		if _, err := a.Reload(t.Context(), []*Declared{declared("f", "@hourly")}); err != nil {
			t.Fatal(err)
		}
		s, err := b.SetStarted(t.Context(), "f", false, "api") // b has not heard of it
		if err != nil || s.Cron != "@hourly" || s.Started || s.Version != 3 {
			t.Errorf("SetStarted = %+v, %v", s, err)
		}
	})
	inBubble(t, "finds what another host has just made", func(t *testing.T) {
		a, b := two(t)
		if _, err := a.Create(t.Context(), definition("x", "@daily"), "api"); err != nil {
			t.Fatal(err)
		}
		if _, err := b.SetStarted(t.Context(), "x", false, "api"); err != nil {
			t.Error(err)
		}
		if _, err := b.SetStarted(t.Context(), "y", false, "api"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("of a schedule that nobody made: %v", err)
		}
	})
}

func TestFilesOfSeveralHosts(t *testing.T) {
	t.Parallel()
	inBubble(t, "are left alone by those that do not declare the same", func(t *testing.T) {
		a, b := two(t)
		a.load(t, declared("both", "@daily"), declared("only-a", "* * * * *"))
		b.load(t, declared("both", "@daily"))
		a.sync(t)
		if !a.here("only-a") || b.here("only-a") || !a.here("both") || !b.here("both") {
			t.Error("a schedule is run by the wrong hosts")
		}
		if since, foreign := b.Foreign()["only-a"]; !foreign || len(b.Foreign()) != 1 || since.After(time.Now()) {
			t.Errorf("foreign = %v", b.Foreign())
		}
		if next := b.Next("only-a", 1); len(next) != 1 {
			t.Errorf("the next firing of a foreign schedule is %v", next)
		}
		time.Sleep(2*time.Minute + time.Second)
		if n := b.count(); n != 0 {
			t.Errorf("b fired %d times", n)
		}
	})
	inBubble(t, "keep a schedule until none of them declares it", func(t *testing.T) {
		a, b := two(t)
		a.load(t, declared("f", "@daily"))
		b.load(t, declared("f", "@daily"))
		if _, err := a.Reload(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		b.sync(t)
		if !b.here("f") || a.here("f") {
			t.Error("it is not b's alone")
		}
		if _, err := b.Reload(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		a.sync(t)
		if len(a.List())+len(b.List()) != 0 {
			t.Errorf("left over: %v, %v", a.List(), b.List())
		}
	})
	inBubble(t, "win over another host that has not heard of them", func(t *testing.T) {
		a, b := two(t)
		a.load(t, declared("f", "@daily"))
		a.opts.Neighbours = deaf{a.opts.Neighbours}
		b.load(t, declared("f", "@daily"))
		if _, err := a.Reload(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		b.sync(t)
		if !b.here("f") {
			t.Error("a schedule that b declares is gone")
		}
	})
	inBubble(t, "make a schedule foreign where another meaning of it is in force", func(t *testing.T) {
		a, b := two(t)
		a.load(t, declared("f", "@daily"))
		b.load(t, declared("f", "@hourly"))
		a.sync(t)
		if a.here("f") || !b.here("f") {
			t.Error("it is not b's alone")
		}
	})
}

// deaf does not hear what others declare.
type deaf struct{ Neighbours }

func (d deaf) Declare(ctx context.Context, ids []string) ([]string, error) {
	_, err := d.Neighbours.Declare(ctx, ids)
	return nil, err
}

func TestPlace(t *testing.T) {
	t.Parallel()
	inBubble(t, "lets a schedule fire only where its labels are", func(t *testing.T) {
		b := setup(t)
		b.start(t)
		d := definition("x", "* * * * *")
		d.Placement = &schedule.Placement{Labels: map[string]string{"zone": "b"}, Wait: time.Minute}
		if _, err := b.Create(t.Context(), d, "api"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if b.here("x") || b.count() != 0 {
			t.Error("it fires on a host without the label")
		}
	})
	inBubble(t, "fires what may still run when a drain ends", func(t *testing.T) {
		b := setup(t)
		b.start(t)
		if _, err := b.Create(t.Context(), definition("x", "* * * * *"), "api"); err != nil {
			t.Fatal(err)
		}
		b.Drain(true)
		time.Sleep(10*time.Minute + 30*time.Second)
		if n := b.count(); n != 0 {
			t.Errorf("fired %d times while draining", n)
		}
		b.Drain(false)
		time.Sleep(time.Second)
		if n := b.count(); n != 1 {
			t.Errorf("fired %d times, want the one of the last minute", n)
		}
	})
	inBubble(t, "fires what the others may not have recorded yet when a schedule comes back", func(t *testing.T) {
		b := setup(t)
		b.start(t)
		d := definition("x", "* * * * *")
		d.Placement = &schedule.Placement{Labels: map[string]string{}, Wait: 10 * time.Minute}
		if _, err := b.Create(t.Context(), d, "api"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30*time.Minute + 30*time.Second)
		b.count()
		b.Drain(true)
		if since := b.Foreign()["x"]; since.After(time.Now().Truncate(time.Minute).Add(time.Minute)) {
			t.Errorf("foreign since %s", since)
		}
		time.Sleep(5 * time.Minute)
		b.Drain(false)
		time.Sleep(time.Second)
		if n := b.count(); n != 10 { // those of the drain, and those before it, which are settled
			t.Errorf("fired %d times, want those of the wait", n)
		}
	})
}

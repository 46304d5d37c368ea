package registry

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/run"
	"butlerd/host/schedule"
)

func TestLoadAndReload(t *testing.T) {
	t.Parallel()
	inBubble(t, "apply startup states at a start only", func(t *testing.T) {
		b := setup(t)
		log := slog.New(slog.DiscardHandler)
		first := b.Registry
		last := definition("last", "@daily")
		last.Startup = schedule.StartupLast
		stopped := definition("stopped", "@daily")
		stopped.Startup = schedule.StartupStopped
		for _, d := range []schedule.Definition{definition("started", "@daily"), last, stopped} {
			if _, err := first.Create(t.Context(), d, "api"); err != nil {
				t.Fatal(err)
			}
		}
		if err := first.SetAllStarted(t.Context(), false, "api"); err != nil {
			t.Fatal(err)
		}
		if _, err := first.SetStarted(t.Context(), "stopped", true, "api"); err != nil {
			t.Fatal(err)
		}
		if _, err := first.Reload(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		want := map[string]bool{"started": false, "last": false, "stopped": true}
		if diff := cmp.Diff(want, states(first)); diff != "" {
			t.Errorf("after a reload (-want +got):\n%s", diff)
		}
		second := b.again(log)
		if err := second.Load(t.Context(), nil, fresh()); err != nil {
			t.Fatal(err)
		}
		want = map[string]bool{"started": true, "last": false, "stopped": false}
		if diff := cmp.Diff(want, states(second)); diff != "" {
			t.Errorf("after a start (-want +got):\n%s", diff)
		}
	})
	inBubble(t, "say what was added, changed and removed, and keep timers", func(t *testing.T) {
		b := setup(t)
		b.start(t)
		begin := []*Declared{declared("same", "@every 10m"), declared("other", "@daily"), declared("gone", "@daily")}
		if err := b.Load(t.Context(), begin, fresh()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		diff, err := b.Reload(t.Context(), []*Declared{declared("same", "@every 10m"), declared("other", "@hourly"), declared("new", "@daily")})
		want := Diff{Added: []string{"new"}, Changed: []string{"other"}, Removed: []string{"gone"}, Unchanged: 1}
		if d := cmp.Diff(want, diff); err != nil || d != "" {
			t.Errorf("diff (-want +got):\n%s%v", d, err)
		}
		if s, _ := b.Get("same"); s.Version != 1 {
			t.Errorf("an unchanged schedule has version %d", s.Version)
		}
		if next := b.Next("other", 2); len(next) != 2 || next[1].Sub(next[0]) != time.Hour {
			t.Errorf("next = %v", next)
		}
		time.Sleep(5*time.Minute + time.Millisecond)
		if n := b.count(); n != 1 {
			t.Errorf("fired %d times, want 1: the timer of the unchanged schedule", n)
		}
	})
	inBubble(t, "take over a new binding without a new version", func(t *testing.T) {
		b := setup(t)
		if err := b.Load(t.Context(), []*Declared{declared("a", "@daily")}, fresh()); err != nil {
			t.Fatal(err)
		}
		d := declared("a", "@daily")
		d.Fingerprint, d.Bind = "another secret", func(run.Facts) ([]byte, error) { return []byte(`new`), nil }
		diff, err := b.Reload(t.Context(), []*Declared{d})
		if err != nil || len(diff.Changed) != 1 {
			t.Errorf("diff = %+v, %v", diff, err)
		}
		job, _ := b.Job("a")
		if args, _ := job.Bind(run.Facts{}); string(args) != "new" {
			t.Errorf("arguments = %s", args)
		}
	})
	inBubble(t, "refuse an id that the API has, and change nothing", func(t *testing.T) {
		b := setup(t)
		if _, err := b.Create(t.Context(), definition("a", "@daily"), "api"); err != nil {
			t.Fatal(err)
		}
		var conflict *ConflictError
		_, err := b.Reload(t.Context(), []*Declared{declared("b", "@daily"), declared("a", "@daily")})
		if !errors.As(err, &conflict) || conflict.ID != "a" {
			t.Errorf("err = %v", err)
		}
		if len(b.List()) != 1 {
			t.Errorf("schedules = %+v", b.List())
		}
	})
	inBubble(t, "hand out nothing at a start that is settled", func(t *testing.T) {
		b := setup(t)
		if err := b.Load(t.Context(), []*Declared{declared("file", "* * * * * *")}, fresh()); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Create(t.Context(), definition("api", "* * * * * *"), "api"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		b.engine = schedule.NewEngine(schedule.Options{Handle: func(due []schedule.Due) {
			for _, d := range due {
				b.fired <- d
			}
		}})
		b.Registry = b.again(slog.New(slog.DiscardHandler)) // the host comes back, and recovery has settled what was due
		if err := b.Load(t.Context(), []*Declared{declared("file", "* * * * * *")}, fresh()); err != nil {
			t.Fatal(err)
		}
		b.start(t)
		time.Sleep(1500 * time.Millisecond)
		if n := b.count(); n != 2 {
			t.Errorf("fired %d times, want once for each schedule", n)
		}
	})
	inBubble(t, "keep the order of creation", func(t *testing.T) {
		b := setup(t)
		for _, id := range []string{"c", "a", "b"} {
			if _, err := b.Create(t.Context(), definition(id, "@daily"), "api"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
		second := b.again(slog.New(slog.DiscardHandler))
		if err := second.Load(t.Context(), nil, fresh()); err != nil {
			t.Fatal(err)
		}
		for _, r := range []*Registry{b.Registry, second} {
			var ids string
			for _, s := range r.List() {
				ids += s.ID
			}
			if ids != "cab" {
				t.Errorf("order = %s", ids)
			}
		}
	})
}

func states(r *Registry) map[string]bool {
	m := map[string]bool{}
	for _, s := range r.List() {
		m[s.ID] = s.Started
	}
	return m
}

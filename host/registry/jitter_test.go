package registry

import (
	"log/slog"
	"testing"
	"time"

	"butlerd/host/schedule"
)

func TestJitter(t *testing.T) {
	t.Parallel()
	const jitter = 9 * time.Minute
	delayed := func(d *Declared) { d.More = &schedule.More{Jitter: jitter} }
	// restart has another life of the host take the schedule up, when all that was to
	// start by then is settled.
	restart := func(t *testing.T, b *bundle) {
		b.engine = schedule.NewEngine(schedule.Options{Handle: func([]schedule.Due) {}})
		b.Registry = b.again(slog.New(slog.DiscardHandler))
		d := declared("a", "*/10 * * * *")
		delayed(d)
		if err := b.Load(t.Context(), []*Declared{d}, fresh()); err != nil {
			t.Fatal(err)
		}
	}
	inBubble(t, "gives the engine instants again whose delay may not be over", func(t *testing.T) {
		b := setup(t)
		restart(t, b)
		first, _ := b.engine.Next("a")
		time.Sleep(time.Until(first.Add(jitter / 2)))
		restart(t, b)
		if next, ok := b.engine.Next("a"); !ok || !next.Equal(first) {
			t.Errorf("the engine begins with %s, want %s", next, first)
		}
		if shown := b.Next("a", 2); len(shown) != 2 || !shown[0].Equal(first) || shown[1].Sub(first) != 10*time.Minute {
			t.Errorf("next are %v", shown)
		}
	})
	inBubble(t, "gives it none from before the version was in force", func(t *testing.T) {
		b := setup(t)
		time.Sleep(12 * time.Minute)
		restart(t, b)
		if next, ok := b.engine.Next("a"); !ok || next.Before(time.Now()) {
			t.Errorf("the engine begins with %s", next)
		}
	})
}

package cutover

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/schedule"
)

// world has both sides in it, and sees to the rule above all others.
type world struct {
	t         *testing.T
	started   map[string]map[string]bool // by side and id
	calls     int
	failAt    int  // the call that begins to fail; 0: none
	failing   int  // how many fail
	lost      bool // a call that fails has its effect nevertheless
	broken    bool // once started on both sides
	unreached bool // a call that fails never got there
	takes     time.Duration
}

func newWorld(t *testing.T, ids ...string) *world {
	w := &world{t: t, started: map[string]map[string]bool{"butler": {}, "here": {}}}
	for _, id := range ids {
		w.started["butler"][id] = true
	}
	return w
}

type fakeSide struct {
	w    *world
	name string
}

var errFails = errors.New("it fails")

func (f fakeSide) Set(ctx context.Context, id string, started bool) error {
	w := f.w
	w.calls++
	time.Sleep(w.takes)
	fails := w.failAt > 0 && w.calls >= w.failAt && w.calls < w.failAt+w.failing
	if !fails || w.lost {
		w.started[f.name][id] = started
	}
	if w.started["butler"][id] && w.started["here"][id] {
		w.broken = true
	}
	switch {
	case fails && w.unreached:
		return fmt.Errorf("%w: %w", ErrNotSent, errFails)
	case fails:
		return errFails
	}
	return ctx.Err()
}

func (f fakeSide) Started(_ context.Context, id string) (bool, error) {
	return f.w.started[f.name][id], nil
}

func (w *world) take(ctx context.Context, ids ...string) (*Switch, error) {
	w.t.Helper()
	s := &Switch{Butler: fakeSide{w, "butler"}, Here: fakeSide{w, "here"}, Dir: w.t.TempDir(), Say: func(string) {},
		Note: &Note{Butler: "url", Schedules: ids, BeganAt: time.Now()}}
	return s, s.Run(ctx)
}

func TestTakeOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "a", "b")
	s, err := w.take(t.Context(), "a", "b")
	if err != nil || w.broken {
		t.Fatalf("%v, started on both sides: %v", err, w.broken)
	}
	for _, stand := range s.Stands(t.Context()) {
		if stand.Butler != "stopped" || stand.Here != "started" {
			t.Errorf("%+v", stand)
		}
	}
	n, err := ReadNote(s.Dir)
	if err != nil || n.EndedAt == nil || len(n.Schedules) != 2 {
		t.Errorf("noted %+v, %v", n, err)
	}
}

// TestWhateverFails: nothing is started on both sides, ever; what fails for a while is
// put back as a whole; and what is started nowhere is told by the error.
func TestWhateverFails(t *testing.T) {
	t.Parallel()
	ids := []string{"a", "b", "c"}
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		w := newWorld(t, ids...)
		w.failAt, w.failing = 1+r.IntN(7), 1+r.IntN(4)
		w.lost, w.unreached = r.IntN(3) == 0, r.IntN(3) == 0
		if w.lost {
			w.unreached = false
		}
		s, err := w.take(t.Context(), ids...)
		what := fmt.Sprintf("seed %d: calls %d to %d fail, lost %v, unreached %v: %v", seed, w.failAt, w.failAt+w.failing-1, w.lost, w.unreached, err)
		if w.broken {
			t.Fatalf("%s: started on both sides", what)
		}
		if err == nil && w.failAt <= 6 {
			t.Errorf("%s: no error", what)
		}
		for _, stand := range s.Stands(t.Context()) {
			nowhere := stand.Butler == "stopped" && stand.Here == "stopped"
			if nowhere && (err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", stand.ID))) {
				t.Errorf("%s: %+v is not told", what, stand)
			}
			if err != nil && w.failing == 1 && stand.Butler != "started" {
				t.Errorf("%s: %+v is not put back", what, stand)
			}
		}
		n, readErr := ReadNote(s.Dir)
		if readErr != nil || n.EndedAt != nil && w.nowhere(ids) > 0 {
			t.Errorf("%s: noted %+v, %v", what, n, readErr)
		}
	}
}

func (w *world) nowhere(ids []string) (n int) {
	for _, id := range ids {
		if !w.started["butler"][id] && !w.started["here"][id] {
			n++
		}
	}
	return n
}

func TestAnInterruptedOneIsPutBack(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := newWorld(t, "a", "b")
	_, err := w.take(ctx, "a", "b")
	if !errors.Is(err, context.Canceled) || !w.started["butler"]["a"] || !w.started["butler"]["b"] || w.broken {
		t.Errorf("%v: %v", err, w.started)
	}
}

func TestWhatNobodyStartedIsListed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		spec, err := schedule.Parse("*/5 * * * * *", "UTC")
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, "a", "b")
		w.takes = 6 * time.Second // a is stopped from 0 to 6 s, and started from 12 to 18 s
		begin := time.Now()
		s, err := w.take(t.Context(), "a", "b")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, u := range s.Unstarted(map[string]*schedule.Spec{"a": spec}) {
			got = append(got, fmt.Sprint(u.DueAt.Sub(begin), u.Certain))
		}
		if want := "[5s false 10s true 15s false]"; fmt.Sprint(got) != want {
			t.Errorf("got %v, want %s", got, want)
		}
	})
}

func TestMoment(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 25, 10, 0, 57, 0, time.UTC)
	spec := func(cron string) *schedule.Spec {
		s, err := schedule.Parse(cron, "UTC")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	tests := map[string]struct {
		crons []string
		want  time.Duration
		rest  time.Duration
	}{
		"none is due":                {nil, 0, 10 * time.Second},
		"one is due soon":            {[]string{"* * * * *"}, 5 * time.Second, 10 * time.Second},
		"several are, one by one":    {[]string{"* * * * *", "8 * * * * *", "19 * * * * *"}, 24 * time.Second, 10 * time.Second},
		"there is never time enough": {[]string{"*/5 * * * * *"}, 0, 3 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var specs []*schedule.Spec
			for _, c := range tt.crons {
				specs = append(specs, spec(c))
			}
			got, rest := Moment(specs, at, 10*time.Second, time.Minute)
			if got.Sub(at) != tt.want || rest != tt.rest {
				t.Errorf("in %s with %s, want in %s with %s", got.Sub(at), rest, tt.want, tt.rest)
			}
		})
	}
}

package schedule

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// model is an engine without a heap: it looks at all schedules each time.
type model struct {
	specs map[string]*Spec
	last  map[string]time.Time
	fired map[string]time.Time // when last was to be handed out
}

// nextOf is the next instant of a schedule and when it is to be handed out.
func (m *model) nextOf(id string) (at, fire time.Time) {
	s := m.specs[id]
	at = s.Next(m.last[id])
	fire = at.Add(s.Delay(id, at))
	if fire.Before(m.fired[id]) {
		fire = m.fired[id]
	}
	return at, fire
}

func (m *model) set(id string, s *Spec, after time.Time) {
	if old := m.specs[id]; old != nil && old.Key() == s.Key() {
		return
	}
	m.specs[id], m.last[id] = s, after
	delete(m.fired, id)
}

// tick returns all that is due by now.
func (m *model) tick(now time.Time) []Due {
	var due []Due
	for id, s := range m.specs {
		for at, fire := m.nextOf(id); !at.IsZero() && !fire.After(now); at, fire = m.nextOf(id) {
			due = append(due, Due{ID: id, At: at, FireAt: fire, Spec: s})
			m.last[id], m.fired[id] = at, fire
		}
	}
	slices.SortFunc(due, byInstant)
	return due
}

// compiled compiles what must be accepted.
func compiled(t testing.TB, timing Timing) *Spec {
	t.Helper()
	s, err := Compile(timing)
	if err != nil {
		t.Fatalf("Compile(%+v): %v", timing, err)
	}
	return s
}

// TestEngineAgreesWithModel drives the engine by hand through schedules that
// come and go, pass by pass of its loop, with a clock that leaps both ways.
func TestEngineAgreesWithModel(t *testing.T) {
	t.Parallel()
	var specs []*Spec
	for _, expr := range []string{"* * * * * *", "*/7 * * * * *", "* * * * *", "*/5 * * * *", "0 */2 * * *", "@every 90s"} {
		specs = append(specs, parse(t, expr, "Europe/Stockholm"))
		specs = append(specs, compiled(t, Timing{Cron: expr, Timezone: "Europe/Stockholm", More: &More{Jitter: 90 * time.Second}}))
	}
	specs = append(specs, compiled(t, Timing{Timezone: "Europe/Stockholm", More: &More{
		At: []string{"2026-03-29T01:30:00", "2026-03-29T01:31:00", "2026-03-29T02:30:00"}, Jitter: 10 * time.Minute,
	}}))
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC)
		var got []Due
		e := NewEngine(Options{Handle: func(due []Due) { got = append(got, due...) }})
		e.now = func() time.Time { return now }
		m := &model{specs: map[string]*Spec{}, last: map[string]time.Time{}, fired: map[string]time.Time{}}
		ids := rapid.Custom(func(t *rapid.T) string { return "s" + strconv.Itoa(rapid.IntRange(0, 9).Draw(t, "n")) })
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				id, s := ids.Draw(t, "id"), rapid.SampledFrom(specs).Draw(t, "spec")
				after := now.Add(-time.Duration(rapid.IntRange(0, 300).Draw(t, "seconds ago")) * time.Second)
				e.Set(id, s, after)
				m.set(id, s, after)
			},
			"remove": func(t *rapid.T) {
				id := ids.Draw(t, "id")
				e.Remove(id)
				delete(m.specs, id)
			},
			"move the clock": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(-600_000, 1_200_000).Draw(t, "milliseconds")) * time.Millisecond)
			},
			"tick": func(t *rapid.T) {
				got = nil
				for wait := time.Duration(0); wait <= 0; {
					wait = e.tick()
				}
				if diff := cmp.Diff(m.tick(now), got, samePointer); diff != "" {
					t.Fatalf("due by %s (-want +got):\n%s", now, diff)
				}
			},
			"": func(t *rapid.T) {
				if e.Len() != len(m.specs) {
					t.Fatalf("Len = %d, want %d", e.Len(), len(m.specs))
				}
				for id, s := range m.specs {
					want := s.Next(m.last[id])
					if at, ok := e.Next(id); ok == want.IsZero() || !at.Equal(want) {
						t.Fatalf("Next(%s) = %s, %v, want %s", id, at, ok, want)
					}
				}
			},
		})
	})
}

package schedule

import (
	"strings"
	"testing"
	"time"
)

// A timing with neither a cron line nor anything else has no instants, and all that
// asks it copes.
func TestATimingMayHaveNoInstants(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)
	timing := Timing{Timezone: "Europe/Stockholm"}
	compiled, err := Compile(timing)
	if err != nil {
		t.Fatal(err)
	}
	cached, err := NewCache().Get(timing)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Spec{compiled, cached} {
		if !s.Never() || !s.Next(now).IsZero() || !s.Next(time.Time{}).IsZero() || s.Zone() != "Europe/Stockholm" || s.Expr() != "" || s.Key() != "" {
			t.Errorf("it has instants: %+v", s)
		}
		if s.Describe() != "never by itself" || len(s.Warnings()) != 0 || s.Mark(now) != "" || s.Jitter() != 0 {
			t.Errorf("%q, %v", s.Describe(), s.Warnings())
		}
		if tr := s.Trace(now); tr.Fires || len(tr.Matches) != 0 || tr.Before != nil || tr.After != nil {
			t.Errorf("trace = %+v", tr)
		}
	}
}

func TestTimingsWithoutInstantsAreRefusedInPart(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		timing Timing
		says   string
	}{
		"with bounds":            {Timing{Timezone: "UTC", More: &More{Jitter: time.Minute}}, "empty expression"},
		"with a cron of spaces":  {Timing{Cron: "  ", Timezone: "UTC"}, "empty expression"},
		"in a zone that is none": {Timing{Timezone: "Mars/Olympus"}, "Mars/Olympus"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, compile := range []func(Timing) (*Spec, error){Compile, NewCache().Get} {
				if _, err := compile(tt.timing); err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("error = %v", err)
				}
			}
		})
	}
}

func TestTheEngineKeepsWhatIsNeverDue(t *testing.T) {
	t.Parallel()
	never, err := Compile(Timing{Timezone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	daily, err := Parse("@daily", "UTC")
	if err != nil {
		t.Fatal(err)
	}
	e := NewEngine(Options{Handle: func([]Due) {}})
	now := time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)
	e.Set("s", never, now)
	if _, ok := e.Next("s"); ok || e.Len() != 1 {
		t.Error("it is due")
	}
	if _, ok := e.Open("s"); ok {
		t.Error("it is open")
	}
	e.Set("s", daily, now)
	if at, ok := e.Next("s"); !ok || !at.Equal(now.AddDate(0, 0, 1)) {
		t.Errorf("with a cron line it is due at %s", at)
	}
	e.Set("s", never, now)
	if _, ok := e.Next("s"); ok {
		t.Error("without it it is due still")
	}
	e.Remove("s")
}

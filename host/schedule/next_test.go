package schedule

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestNextProperties(t *testing.T) {
	t.Parallel()
	names := zones(t)
	rapid.Check(t, func(t *rapid.T) {
		expr := drawExpr(t, drawField(t, "second", 0, 59))
		if rapid.IntRange(0, 9).Draw(t, "every") == 0 {
			expr = "@every " + rapid.SampledFrom([]string{"1s", "90s", "7m", "25h", "1000h"}).Draw(t, "interval")
		}
		s, err := Parse(expr, rapid.SampledFrom(names).Draw(t, "zone"))
		if err != nil {
			t.Skip(err) // an impossible date
		}
		from := time.Unix(rapid.Int64Range(minInstant, maxInstant-20*366*day).Draw(t, "from"),
			rapid.Int64Range(0, 1e9-1).Draw(t, "nanosecond"))
		for range 20 {
			next := s.Next(from)
			checkStep(t, s, from, next)
			from = next
		}
	})
}

// checkStep holds what is true of each step of each Spec.
func checkStep(t *rapid.T, s *Spec, from, next time.Time) {
	if !next.After(from) {
		t.Fatalf("Next(%s) = %s is not later", from, next)
	}
	if next.Nanosecond() != 0 || next.Location() != s.Location() {
		t.Fatalf("Next(%s) = %s is not a whole second in %s", from, next, s.Zone())
	}
	// No instant lies between: from anywhere in between the next is the same. A
	// fresh Spec does not remember the answer.
	between := from.Add(time.Duration(rapid.Float64Range(0, 0.999).Draw(t, "between") * float64(next.Sub(from))))
	if again := parseAgain(t, s).Next(between); between.Before(next) && !again.Equal(next) {
		t.Fatalf("Next(%s) = %s, but Next(%s) = %s", from, next, between, again)
	}
}

func parseAgain(t *rapid.T, s *Spec) *Spec {
	again, err := Parse(s.Expr(), s.Zone())
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func TestNext(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		expr, zone, from string
		want             []string
	}{
		"is strictly later than a match": {
			"0 9 * * *", "UTC", "2026-01-01T09:00:00Z",
			[]string{"2026-01-02T09:00:00Z"},
		},
		"is a whole second after a fraction of one": {
			"* * * * * *", "UTC", "2026-01-01T09:00:00.5Z",
			[]string{"2026-01-01T09:00:01Z"},
		},
		"counts @every from the epoch": {
			"@every 90s", "Europe/Stockholm", "1970-01-01T00:00:00Z",
			[]string{"1970-01-01T01:01:30+01:00", "1970-01-01T01:03:00+01:00"},
		},
		"counts @every before the epoch on the same marks": {
			"@every 90s", "UTC", "1969-12-31T23:58:29.9Z",
			[]string{"1969-12-31T23:58:30Z", "1970-01-01T00:00:00Z", "1970-01-01T00:01:30Z"},
		},
		"finds 29 February over a century without one": {
			"0 0 29 2 *", "Europe/London", "2096-02-29T00:00:00Z",
			[]string{"2104-02-29T00:00:00Z", "2108-02-29T00:00:00Z"},
		},
		"crosses the end of a leap year far ahead": { // golang/go#81583
			"30 * * * *", "America/New_York", "2040-12-31T22:45:00-05:00",
			[]string{"2040-12-31T23:30:00-05:00", "2041-01-01T00:30:00-05:00"},
		},
		"crosses the end of a leap year in the south": {
			"0 0 * * *", "Pacific/Auckland", "2044-12-31T00:00:00+13:00",
			[]string{"2045-01-01T00:00:00+13:00", "2045-01-02T00:00:00+13:00"},
		},
		"makes up for times on a day that was skipped": {
			"0 12 * * *", "Pacific/Apia", "2011-12-29T12:00:00-10:00",
			[]string{"2011-12-31T00:00:00+14:00", "2011-12-31T12:00:00+14:00"},
		},
		"starts in the year 1": {
			"0 0 1 1 *", "UTC", "0000-06-01T00:00:00Z",
			[]string{"0002-01-01T00:00:00Z"},
		},
		"reaches the last second of 9999 and no further": {
			"59 59 23 31 12 *", "UTC", "9998-12-31T23:59:59Z",
			[]string{"9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"},
		},
		"finds none after 9999": {
			"0 0 1 1 *", "UTC", "9999-06-01T00:00:00Z",
			[]string{"0001-01-01T00:00:00Z"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, err := time.Parse(time.RFC3339, tc.from)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, at := range series(parse(t, tc.expr, tc.zone), from, len(tc.want)) {
				got = append(got, at.Format(time.RFC3339))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%q in %s (-want +got):\n%s", tc.expr, tc.zone, diff)
			}
		})
	}
}

func TestNextIsZeroWhenThereIsNone(t *testing.T) {
	t.Parallel()
	s := parse(t, "@every 1h", "UTC")
	if got := s.Next(time.Date(9999, 12, 31, 23, 0, 0, 0, time.UTC)); !got.IsZero() {
		t.Errorf("Next = %s, want the zero time", got)
	}
}

func TestSpecIsSharedByGoroutines(t *testing.T) {
	t.Parallel()
	s := parse(t, "*/7 * * * *", "Europe/Stockholm")
	start := time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC)
	want := series(parse(t, "*/7 * * * *", "Europe/Stockholm"), start, 500)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			// Each goroutine is elsewhere, so that they overwrite what s remembers.
			for i := g; i < len(want); i++ {
				if got := s.Next(want[i-min(i, 1)]); i > 0 && !got.Equal(want[i]) {
					t.Errorf("Next(%s) = %s, want %s", want[i-1], got, want[i])
				}
			}
		})
	}
	wg.Wait()
}

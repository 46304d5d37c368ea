package schedule

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTraceReads(t *testing.T) {
	t.Parallel()
	s := compiled(t, Timing{Cron: "30 2 * * *", Timezone: "Europe/Stockholm", More: &More{
		Exclude: []Calendar{{Name: "holidays", Holidays: []string{"SE"}}}, Shift: ShiftNext, Jitter: time.Minute,
	}})
	for at, want := range map[string]string{
		"2026-03-29T03:00:00+02:00": `2026-03-29T03:00:00+02:00 in Europe/Stockholm, 2026-03-29T01:00:00Z
cron line "30 2 * * *" has it
clock change: 02:30 does not exist, moved to 03:00
calendar "holidays" does not exclude it: Sunday 2026-03-29 is none of its days
it fires; jitter of up to 1m0s delays this schedule by`,
		"2026-12-25T02:30:00+01:00": `2026-12-25T02:30:00+01:00 in Europe/Stockholm, 2026-12-25T01:30:00Z
cron line "30 2 * * *" has it
calendar "holidays" excludes it: Friday 2026-12-25 is a holiday of SE: Juldagen
shift: 2026-12-25T02:30:00+01:00 moves to 2026-12-27T02:30:00+01:00
it does not fire
the instant before is 2026-12-23T02:30:00+01:00
the next instant is 2026-12-27T02:30:00+01:00`,
	} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(s.Trace(when).For("nightly").Text(), "\n")
		if !strings.HasPrefix(got, want) {
			t.Errorf("trace (-want +got):\n%s", cmp.Diff(want, got))
		}
	}
}

// TestTraceLooksBackPastAGap has instants that are further from each other than Next
// looks ahead where they move: 21 March is a Monday in 2005 and then in 2011. From
// March 2007 both are in reach.
func TestTraceLooksBackPastAGap(t *testing.T) {
	t.Parallel()
	s := compiled(t, Timing{Cron: "15,45 2,18 * * TUE", Timezone: "Europe/Stockholm", More: &More{
		Calendars: []Calendar{{Name: "rare", Dates: []string{"03-21"}, Weekdays: []string{"MON"}, Windows: []string{"00:00-03:00"}}},
		Shift:     ShiftPrevious,
	}})
	at := time.Date(2007, 3, 15, 1, 3, 0, 0, time.UTC)
	tr := s.Trace(at)
	if tr.Before == nil || tr.After == nil {
		t.Fatalf("before = %v, after = %v", tr.Before, tr.After)
	}
	got := []string{tr.Before.Format(time.RFC3339), tr.After.Format(time.RFC3339)}
	if diff := cmp.Diff([]string{"2005-03-21T02:45:00+01:00", "2011-03-21T02:15:00+01:00"}, got); diff != "" {
		t.Errorf("the instants around (-want +got):\n%s", diff)
	}
	if !lastBefore(s, *tr.Before, at) || lastBefore(s, tr.Before.Add(-30*time.Minute), at) {
		t.Error("02:45 is the last instant before, and 02:15 is not")
	}
	if next := s.Next(*tr.Before); !next.IsZero() {
		t.Errorf("six years behind an instant there is %s: Next looks further than was thought here", next)
	}
}

func TestMark(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ cron, at, want string }{
		{"30 2 * * *", "2026-03-29T03:00:00+02:00", "clock change: 02:30 does not exist, moved to 03:00"},
		{"30 2 * * *", "2026-03-28T02:30:00+01:00", ""},
		{"0 3 * * *", "2026-03-29T03:00:00+02:00", ""},
		{"30 2 * * *", "2026-10-25T02:30:00+02:00", "clock change: 02:30 comes twice, fires the first time only"},
		{"30 * * * *", "2026-10-25T02:30:00+02:00", "clock change: 02:30 comes twice, the first time"},
		{"30 * * * *", "2026-10-25T02:30:00+01:00", "clock change: 02:30 comes twice, the second time"},
		{"0 3 * * *", "2026-10-25T03:00:00+01:00", ""},
		{"@every 30m", "2026-10-25T02:30:00+01:00", ""},
	} {
		at, err := time.Parse(time.RFC3339, test.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := parse(t, test.cron, "Europe/Stockholm").Mark(at); got != test.want {
			t.Errorf("Mark of %q at %s = %q, want %q", test.cron, test.at, got, test.want)
		}
	}
}

func TestDescribeAll(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := compiled(t, Timing{Cron: "0 2 * * 1-5", Timezone: "Europe/Stockholm", More: &More{
		Crons: []string{"*/30 * * * *"}, At: []string{"2026-12-24T18:00:00"}, StartsAt: &from, Jitter: 90 * time.Second,
		Exclude: []Calendar{{Name: "holidays", Holidays: []string{"SE"}}},
	}})
	want := `at 02:00 on Monday to Friday; and every 30 minutes; and once on 2026-12-24 at 18:00:00, Europe/Stockholm; not in "holidays"; ` +
		`from 2026-01-01T01:00:00+01:00; each up to 90 seconds later`
	if diff := cmp.Diff(want, s.Describe()); diff != "" {
		t.Errorf("description (-want +got):\n%s", diff)
	}
}

// BenchmarkNextComposite is BenchmarkNext for what has calendars.
func BenchmarkNextComposite(b *testing.B) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	never := []Calendar{{Dates: []string{"2020-01-01"}}}
	for name, timing := range map[string]Timing{
		"two lines": {Cron: "0 2 * * *", More: &More{Crons: []string{"0 6 * * *"}}},
		"business":  {Cron: "0 2 * * *", More: &More{Calendars: []Calendar{swedish()}}},
		"shifted":   {Cron: "0 2 * * *", More: &More{Calendars: []Calendar{swedish()}, Shift: ShiftNext}},
		"seconds":   {Cron: "* * * * * *", More: &More{Calendars: []Calendar{swedish()}}},
		"never":     {Cron: "* * * * * *", More: &More{Calendars: never}},
		"unmoved":   {Cron: "0 * * * *", More: &More{Calendars: never, Shift: ShiftNext}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			timing.Timezone = "Europe/Stockholm"
			s := compiled(b, timing)
			at := start
			for b.Loop() {
				s.more.none.Store(nil)
				if at = s.Next(at); at.IsZero() || at.Year() > 2060 {
					at = start
				}
			}
		})
	}
}

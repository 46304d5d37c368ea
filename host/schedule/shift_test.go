package schedule

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// shiftOracle takes the rule literally: each time on the wall that matches is an
// instant, and where that is not allowed the days beside it are tried one by one.
func shiftOracle(expr string, loc *time.Location, m *More, from, to time.Time) []time.Time {
	o := newOracle(expr, time.Minute, 0)
	var list []time.Time
	add := func(at time.Time) {
		if at.After(from) && !at.After(to) {
			list = append(list, at.In(loc))
		}
	}
	inBounds := func(at time.Time) bool {
		return (m.StartsAt == nil || !at.Before(*m.StartsAt)) && (m.EndsAt == nil || !at.After(*m.EndsAt))
	}
	for wall := from.AddDate(0, 0, -34).Truncate(time.Minute); wall.Before(to.AddDate(0, 0, 34)); wall = wall.Add(time.Minute) {
		if !o.match(wall.Unix()) {
			continue
		}
		at := singleOracle(loc, wall.UTC().Format("2006-01-02T15:04:05"))
		for k := 0; k <= 31 && inBounds(at); k++ {
			days := k
			if m.Shift == ShiftPrevious {
				days = -k
			}
			moved := singleOracle(loc, wall.UTC().AddDate(0, 0, days).Format("2006-01-02T15:04:05"))
			if allowedOracle(m, moved.In(loc)) {
				if inBounds(moved) {
					add(moved)
				}
				break
			}
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return slices.CompactFunc(list, time.Time.Equal)
}

func TestShiftAgreesWithOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom([]string{"Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo", "UTC"}).Draw(t, "zone")
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Skip(err)
		}
		year := rapid.IntRange(2005, 2030).Draw(t, "year")
		around := rapid.SampledFrom(append(changes(loc, year), time.Date(year, 12, 31, 12, 0, 0, 0, time.UTC))).Draw(t, "change")
		m := drawMore(t, around)
		m.At, m.Shift = nil, rapid.SampledFrom([]Shift{ShiftNext, ShiftPrevious}).Draw(t, "shift")
		expr := "0 " + rapid.SampledFrom([]string{"0", "30", "15,45"}).Draw(t, "minute") + " " + strconv.Itoa(rapid.IntRange(0, 23).Draw(t, "hour")) +
			",2 * * " + drawField(t, "weekday", 0, 6)
		s, err := Compile(Timing{Cron: expr, Timezone: zone, More: m})
		if err != nil {
			t.Skip(err)
		}
		if len(m.Calendars)+len(m.Exclude) == 0 {
			t.Skip("nothing moves")
		}
		from, to := around.AddDate(0, 0, -10), around.AddDate(0, 0, 10)
		want, got := shiftOracle(expr, loc, m, from, to), firingsOf(s, from, to)
		if !slices.EqualFunc(want, got, time.Time.Equal) {
			t.Fatalf("%q, %+v in %s (-want +got):\n%s", expr, m, zone, cmp.Diff(want, got))
		}
		checkTraces(t, s, got, from, to)
		for _, at := range got {
			if tr := s.Trace(at); len(tr.Matches) == 0 && len(tr.Moves) == 0 {
				t.Fatalf("Trace(%s) does not say where it comes from: %q", at, tr.Text())
			}
		}
	})
}

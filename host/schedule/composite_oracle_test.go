package schedule

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// calendarOracle answers from the definition, by comparing texts: it shares no code with
// what it checks. Holidays are left to tests of their own.
func calendarOracle(c Calendar, at time.Time) bool {
	clock := at.Format("15:04:05")
	if len(c.Windows) == 0 {
		return calendarOnDay(c, at, at)
	}
	for _, w := range c.Windows {
		from, to := w[:5]+":00", w[6:]+":00"
		if from < to && from <= clock && clock < to && calendarOnDay(c, at, at) {
			return true
		}
		if from >= to && clock >= from && calendarOnDay(c, at, at) {
			return true
		}
		if from >= to && clock < to && calendarOnDay(c, at, dayBefore(at)) {
			return true
		}
	}
	return false
}

// dayBefore is noon of the day before, on the wall.
func dayBefore(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month(), at.Day()-1, 12, 0, 0, 0, time.UTC)
}

// calendarOnDay is the rest of it, when dates and weekdays are asked for a day.
func calendarOnDay(c Calendar, at, on time.Time) bool {
	name := strings.ToUpper(on.Format("Mon"))
	if len(c.Weekdays) > 0 && !slices.Contains(c.Weekdays, name) {
		return false
	}
	date, in := on.Format("2006-01-02"), len(c.Dates)+len(c.Spans)+len(c.Include) == 0
	for _, d := range c.Dates {
		from, to, ranged := strings.Cut(d, "..")
		in = in || d == date || d == date[5:] || ranged && from <= date && date <= to
	}
	for _, s := range c.Spans {
		t := at.Format("2006-01-02T15:04:05")
		if strings.HasSuffix(s.From, "Z") {
			t = at.UTC().Format("2006-01-02T15:04:05Z")
		}
		in = in || s.From <= t && t < s.To
	}
	for _, i := range c.Include {
		in = in || calendarOracle(i, at)
	}
	for _, x := range c.Exclude {
		in = in && !calendarOracle(x, at)
	}
	return in
}

// allowedOracle asks all calendars of a timing.
func allowedOracle(m *More, at time.Time) bool {
	for _, c := range m.Calendars {
		if !calendarOracle(c, at) {
			return false
		}
	}
	for _, c := range m.Exclude {
		if calendarOracle(c, at) {
			return false
		}
	}
	return true
}

// drawCalendar draws a calendar with something to say around a day.
func drawCalendar(t *rapid.T, around time.Time, depth int) Calendar {
	dayOff := func(label string) string {
		return around.AddDate(0, 0, rapid.IntRange(-6, 6).Draw(t, label)).Format("2006-01-02")
	}
	c := Calendar{Name: "c"}
	if rapid.IntRange(0, 2).Draw(t, "with dates") == 0 {
		c.Dates = append(c.Dates, dayOff("date"), dayOff("yearly")[5:])
		a, b := dayOff("from"), dayOff("to")
		c.Dates = append(c.Dates, min(a, b)+".."+max(a, b))
	}
	if rapid.IntRange(0, 3).Draw(t, "with span") == 0 {
		z := rapid.SampledFrom([]string{"", "Z"}).Draw(t, "zone of the span")
		a, b := dayOff("span from"), dayOff("span to")
		c.Spans = append(c.Spans, Span{min(a, b) + "T02:30:00" + z, max(a, b) + "T09:00:01" + z})
	}
	if rapid.IntRange(0, 2).Draw(t, "with weekdays") == 0 {
		c.Weekdays = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"}), 1, 6, rapid.ID).Draw(t, "weekdays")
	}
	if rapid.IntRange(0, 2).Draw(t, "with windows") == 0 {
		c.Windows = rapid.SliceOfN(rapid.SampledFrom([]string{"08:00-17:00", "22:00-06:00", "02:15-02:45", "00:00-24:00", "12:00-12:00", "23:00-01:00", "00:00-03:00"}), 1, 2).Draw(t, "windows")
	}
	if depth > 0 && rapid.IntRange(0, 2).Draw(t, "with more") == 0 {
		c.Include = append(c.Include, drawCalendar(t, around, depth-1))
	}
	if depth > 0 && rapid.IntRange(0, 2).Draw(t, "with less") == 0 {
		c.Exclude = append(c.Exclude, drawCalendar(t, around, depth-1))
	}
	return c
}

// drawMore draws all but the shift and the cron lines.
func drawMore(t *rapid.T, around time.Time) *More {
	m := &More{}
	for i := range rapid.IntRange(0, 2).Draw(t, "calendars") {
		m.Calendars = append(m.Calendars, drawCalendar(t, around, 2))
		m.Calendars[i].Name = fmt.Sprint("in", i)
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "exclude") {
		m.Exclude = append(m.Exclude, drawCalendar(t, around, 2))
		m.Exclude[i].Name = fmt.Sprint("out", i)
	}
	for range rapid.IntRange(0, 2).Draw(t, "singles") {
		wall := around.AddDate(0, 0, rapid.IntRange(-3, 3).Draw(t, "day of single"))
		m.At = append(m.At, wall.Format("2006-01-02T")+rapid.SampledFrom([]string{"02:30:00", "00:00:00", "12:15:00", "23:59:00"}).Draw(t, "time of single"))
	}
	if rapid.IntRange(0, 3).Draw(t, "bounded") == 0 {
		from := around.Add(-time.Duration(rapid.IntRange(0, 100).Draw(t, "starts")) * time.Hour)
		to := from.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "lasts")) * time.Hour)
		m.StartsAt, m.EndsAt = &from, &to
	}
	return m
}

// singleOracle finds a single instant: the first at which the clock shows it, or, where
// it never does, by walking through the minutes around it.
func singleOracle(loc *time.Location, text string) time.Time {
	const layout = "2006-01-02T15:04:05"
	at, _ := time.Parse(layout, text)
	var found time.Time
	for _, around := range []time.Duration{-26 * time.Hour, 26 * time.Hour} {
		t := at.Add(-time.Duration(offsetOf(at.Add(around), loc)) * time.Second)
		if t.In(loc).Format(layout) == text && (found.IsZero() || t.Before(found)) {
			found = t
		}
	}
	if !found.IsZero() {
		return found
	}
	for t := at.Add(-30 * time.Hour); ; t = t.Add(time.Minute) {
		if t.In(loc).Format(layout) >= text {
			return t
		}
	}
}

// rawOracle lists the instants of lines and singles, within the bounds and (from, to].
func rawOracle(s *Spec, lines []string, m *More, from, to time.Time) []time.Time {
	var list []time.Time
	for _, line := range lines {
		list = append(list, newOracle(line, time.Minute, 26*time.Hour).firings(s.Location(), from, to)...)
	}
	for _, text := range m.At {
		if at := singleOracle(s.Location(), text); at.After(from) && !at.After(to) {
			list = append(list, at)
		}
	}
	list = slices.DeleteFunc(list, func(at time.Time) bool {
		return m.StartsAt != nil && at.Before(*m.StartsAt) || m.EndsAt != nil && at.After(*m.EndsAt)
	})
	slices.SortFunc(list, time.Time.Compare)
	return slices.CompactFunc(list, time.Time.Equal)
}

// TestCompositeAgreesWithOracle walks minute by minute through the days around clock
// changes, with everything but shifts.
func TestCompositeAgreesWithOracle(t *testing.T) {
	t.Parallel()
	names := zones(t)
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(names).Draw(t, "zone")
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Skip(err)
		}
		year := rapid.IntRange(1980, 2045).Draw(t, "year")
		around := rapid.SampledFrom(append(changes(loc, year), time.Date(year, 12, 31, 12, 0, 0, 0, time.UTC))).Draw(t, "change")
		m := drawMore(t, around)
		lines := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string { return drawExpr(t, "0") }), 1, 3).Draw(t, "lines")
		m.Crons = lines[1:]
		s, err := Compile(Timing{Cron: lines[0], Timezone: zone, More: m})
		if err != nil {
			t.Skip(err)
		}
		from, to := around.Add(-80*time.Hour), around.Add(80*time.Hour)
		want := slices.DeleteFunc(rawOracle(s, lines, m, from, to), func(at time.Time) bool { return !allowedOracle(m, at.In(loc)) })
		got := firingsOf(s, from, to)
		if !slices.EqualFunc(want, got, time.Time.Equal) {
			t.Fatalf("%q, %+v in %s (-want +got):\n%s", lines, m, zone, cmp.Diff(want, got))
		}
		checkTraces(t, s, got, from, to)
	})
}

// checkTraces holds that traces tell the same as Next, and that the reasons of
// calendars agree with their answers.
func checkTraces(t *rapid.T, s *Spec, instants []time.Time, from, to time.Time) {
	for range 5 {
		at := from.Add(time.Duration(rapid.IntRange(0, int(to.Sub(from)/time.Minute)).Draw(t, "minute")) * time.Minute).Add(time.Minute)
		if len(instants) > 0 && rapid.Bool().Draw(t, "at an instant") {
			at = rapid.SampledFrom(instants).Draw(t, "instant")
		}
		if at.After(to) {
			continue
		}
		tr := s.Trace(at)
		if fires := slices.ContainsFunc(instants, at.Equal); tr.Fires != fires {
			t.Fatalf("Trace(%s).Fires = %v, want %v: %q", at, tr.Fires, fires, tr.Text())
		}
		if tr.Before == nil && !tr.Fires && len(instants) > 0 && instants[0].Before(at) {
			t.Fatalf("Trace(%s) has nothing before, and there is %s", at, instants[0])
		}
		if tr.Before != nil && !lastBefore(s, *tr.Before, at) {
			t.Fatalf("Trace(%s).Before = %s is not the last one", at, tr.Before)
		}
		for _, v := range tr.Calendars {
			if len(v.Reasons) == 0 {
				t.Fatalf("Trace(%s): calendar %q has no reason", at, v.Calendar)
			}
		}
	}
}

// lastBefore says whether an instant is one of s, and none is between it and another.
// What follows that other one tells nothing of it: Next gives up some years behind
// where it begins, so that from an instant years before it may not come as far.
func lastBefore(s *Spec, before, at time.Time) bool {
	if !before.Before(at) || !s.Next(before.Add(-time.Second)).Equal(before) {
		return false
	}
	const step = 1000 * 24 * time.Hour // well within what Next looks ahead
	for from := before; from.Before(at); from = from.Add(step) {
		if next := s.Next(from); !next.IsZero() && next.Before(at) {
			return false
		}
	}
	return true
}

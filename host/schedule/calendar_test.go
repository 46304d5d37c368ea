package schedule

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// swedish are the days on which Swedish banks work.
func swedish() Calendar {
	return Calendar{
		Name: "business days", Weekdays: []string{"MON", "TUE", "WED", "THU", "FRI"},
		Exclude: []Calendar{{Name: "holidays", Holidays: []string{"SE"}}},
	}
}

// localDays lists the dates that a timing has in a year.
func localDays(t *testing.T, timing Timing, year int) []string {
	t.Helper()
	s := compiled(t, timing)
	start := time.Date(year, 1, 1, 0, 0, 0, 0, s.Location()).Add(-time.Second)
	var list []string
	for _, at := range firingsOf(s, start, start.AddDate(1, 0, 0)) {
		list = append(list, at.Format(time.DateOnly))
	}
	return list
}

func TestAYearOfSwedishBusinessDays(t *testing.T) {
	t.Parallel()
	got := localDays(t, Timing{Cron: "0 6 * * *", Timezone: "Europe/Stockholm", More: &More{Calendars: []Calendar{swedish()}}}, 2026)
	// 261 weekdays, of which these are holidays or days off.
	off := []string{
		"2026-01-01", // Thursday, New Year's Day
		"2026-01-06", // Tuesday, Epiphany
		"2026-04-03", // Good Friday: Easter is on 5 April
		"2026-04-06", // Easter Monday
		"2026-05-01", // Friday
		"2026-05-14", // Ascension Day, 39 days after Easter
		"2026-06-19", // Midsummer's Eve; the National Day is a Saturday
		"2026-12-24", // Thursday, Christmas Eve
		"2026-12-25", // Friday; the second day of Christmas is a Saturday
		"2026-12-31", // Thursday, New Year's Eve
	}
	if want := 261 - len(off); len(got) != want {
		t.Errorf("%d business days, want %d", len(got), want)
	}
	for _, day := range off {
		if slices.Contains(got, day) {
			t.Errorf("%s is a business day", day)
		}
	}
}

func TestHolidaysOnSundays(t *testing.T) {
	t.Parallel()
	got := localDays(t, Timing{Cron: "0 6 * * *", Timezone: "Europe/Stockholm", More: &More{
		Calendars: []Calendar{{Name: "holidays", Holidays: []string{"SE"}}},
	}}, 2026)
	want := []string{
		"2026-01-01", "2026-01-06", "2026-04-03", "2026-04-05", "2026-04-06", "2026-05-01", "2026-05-14", "2026-05-24",
		"2026-06-06", "2026-06-19", "2026-06-20", "2026-10-31", "2026-12-24", "2026-12-25", "2026-12-26", "2026-12-31",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("holidays (-want +got):\n%s", diff)
	}
}

func TestObservedHolidays(t *testing.T) {
	t.Parallel()
	got := localDays(t, Timing{Cron: "0 6 * * *", Timezone: "America/New_York", More: &More{
		Calendars: []Calendar{{Name: "holidays", Holidays: []string{"US"}}},
	}}, 2021)
	// New Year's Day of 2022 is a Saturday: it is observed in the year before.
	for _, day := range []string{"2021-07-04", "2021-07-05", "2021-12-24", "2021-12-25", "2021-12-31"} {
		if !slices.Contains(got, day) {
			t.Errorf("%s is no holiday: %v", day, got)
		}
	}
}

func TestShiftedInstants(t *testing.T) {
	t.Parallel()
	monthly := func(shift Shift) []string {
		return localDays(t, Timing{Cron: "0 6 1 * *", Timezone: "Europe/Stockholm", More: &More{Calendars: []Calendar{swedish()}, Shift: shift}}, 2026)
	}
	next := []string{
		"2026-01-02", "2026-02-02", "2026-03-02", "2026-04-01", "2026-05-04", "2026-06-01",
		"2026-07-01", "2026-08-03", "2026-09-01", "2026-10-01", "2026-11-02", "2026-12-01",
	}
	if diff := cmp.Diff(next, monthly(ShiftNext)); diff != "" {
		t.Errorf("moved to the next day (-want +got):\n%s", diff)
	}
	previous := []string{
		"2026-01-30", "2026-02-27", "2026-04-01", "2026-04-30", "2026-06-01", "2026-07-01",
		"2026-07-31", "2026-09-01", "2026-10-01", "2026-10-30", "2026-12-01", "2026-12-30",
	}
	if diff := cmp.Diff(previous, monthly(ShiftPrevious)); diff != "" {
		t.Errorf("moved to the day before (-want +got):\n%s", diff)
	}
	if got := monthly(ShiftSkip); len(got) != 6 {
		t.Errorf("left out: %v, want 6 instants", got)
	}
}

func TestWindowOverMidnightBelongsToItsFirstDay(t *testing.T) {
	t.Parallel()
	s := compiled(t, Timing{Cron: "0 */2 * * *", Timezone: "Europe/Stockholm", More: &More{
		Calendars: []Calendar{{Name: "night", Weekdays: []string{"FRI"}, Windows: []string{"22:00-06:00"}}},
	}})
	var got []string
	from := time.Date(2026, 3, 23, 0, 0, 0, 0, time.UTC)
	for _, at := range firingsOf(s, from, from.AddDate(0, 0, 7)) {
		got = append(got, at.Format("Mon 15:04"))
	}
	if diff := cmp.Diff([]string{"Fri 22:00", "Sat 00:00", "Sat 02:00", "Sat 04:00"}, got); diff != "" {
		t.Errorf("a Friday night (-want +got):\n%s", diff)
	}
}

func TestCheckNamesTheMember(t *testing.T) {
	t.Parallel()
	deep := Calendar{}
	for range maxDepth {
		deep = Calendar{Include: []Calendar{deep}}
	}
	for name, test := range map[string]struct {
		calendar Calendar
		member   string
	}{
		"no such day":         {Calendar{Dates: []string{"12-24", "2026-02-29"}}, "dates[1]"},
		"yearly range":        {Calendar{Dates: []string{"12-24..12-26"}}, "dates[0]"},
		"backwards":           {Calendar{Dates: []string{"2026-02-02..2026-02-01"}}, "dates[0]"},
		"weekday":             {Calendar{Weekdays: []string{"MON", "Monday"}}, "weekdays[1]"},
		"window":              {Calendar{Windows: []string{"8:00-17:00"}}, "windows[0]"},
		"holidays":            {Calendar{Holidays: []string{"SE", "FI"}}, "holidays[1]"},
		"span":                {Calendar{Spans: []Span{{"2026-01-01T00:00:00", "2026-01-02T00:00:00Z"}}}, "spans[0]"},
		"empty span":          {Calendar{Spans: []Span{{"2026-01-01T00:00:00", "2026-01-01T00:00:00"}}}, "spans[0]"},
		"in another calendar": {Calendar{Include: []Calendar{{}, {Exclude: []Calendar{{Dates: []string{"x"}}}}}}, "include[1].exclude[0].dates[0]"},
		"too deep":            {deep, strings.Repeat("include[0].", maxDepth-1) + "include[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var te *TimingError
			if err := test.calendar.Check(); !errors.As(err, &te) || te.Member != test.member {
				t.Errorf("Check = %v, want an error about %s", err, test.member)
			}
		})
	}
	good := swedish()
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	if list := HolidayCountries(); !slices.Contains(list, "SE") || !slices.IsSorted(list) {
		t.Errorf("HolidayCountries = %v", list)
	}
}

func TestAllCountriesInAllYears(t *testing.T) {
	t.Parallel()
	for _, c := range countries() {
		h := holidays{country: c, years: map[int]map[int64]string{}}
		for _, year := range []int{1, 1582, 1970, 2026, 2100, 9999} {
			if days := h.compute(year); year == 2026 && len(days) < 5 {
				t.Errorf("%s has %d holidays in %d", c.code, len(days), year)
			}
		}
	}
}

// FuzzCalendar holds that what Check accepts answers, and what it refuses is named.
func FuzzCalendar(f *testing.F) {
	f.Add("12-24", "2026-07-01..2026-07-31", "SE", "MON", "22:00-06:00", "2026-12-24T00:00:00", "2026-12-25T00:00:00", int64(1798000000))
	f.Add("", "02-29", "DE-BY", "sun", "00:00-24:00", "2026-12-24T00:00:00Z", "2026-12-25T00:00:00Z", int64(0))
	f.Fuzz(func(t *testing.T, date, day, country, weekday, window, from, to string, at int64) {
		c := Calendar{Dates: []string{date, day}, Holidays: []string{country}, Weekdays: []string{weekday}, Windows: []string{window}, Spans: []Span{{from, to}}}
		c = Calendar{Include: []Calendar{c}, Exclude: []Calendar{{Windows: []string{window}}}}
		err := c.Check()
		var te *TimingError
		if err != nil {
			if !errors.As(err, &te) || te.Member == "" || len(err.Error()) > 4000 {
				t.Fatalf("%v names no member", err)
			}
			return
		}
		s, err := Compile(Timing{Cron: "*/10 * * * *", Timezone: "Europe/Stockholm", More: &More{Calendars: []Calendar{c}}})
		if err != nil {
			t.Fatal(err)
		}
		when := time.Unix(min(max(at, minInstant), maxInstant), 0)
		if next := s.Next(when); !next.IsZero() && !next.After(when) {
			t.Fatalf("Next(%s) = %s", when, next)
		}
		m := momentAt(s.loc, when.Unix())
		area := s.more.in[0]
		if _, until := area.has(m); until <= m.at || len(area.why(m)) == 0 {
			t.Fatalf("at %s: the answer holds until %d, %q", when, until, area.why(m))
		}
	})
}

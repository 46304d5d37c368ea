package schedule

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rickar/cal/v2"
)

// HolidayTable names the public holidays that this program knows. It changes whenever
// they do, be it with the library: what older tables had cannot be recomputed.
const HolidayTable = "cal-2.1.13"

// OtherTable is a table other than HolidayTable that the calendars of a timing were
// made with; empty when there is none, so that its instants can be recomputed.
func (t Timing) OtherTable() string {
	if t.More == nil {
		return ""
	}
	if table := otherTable(t.More.Calendars); table != "" {
		return table
	}
	return otherTable(t.More.Exclude)
}

func otherTable(list []Calendar) string {
	for _, c := range list {
		if len(c.Holidays) > 0 && c.HolidayTable != "" && c.HolidayTable != HolidayTable {
			return c.HolidayTable
		}
		for _, in := range [2][]Calendar{c.Include, c.Exclude} {
			if table := otherTable(in); table != "" {
				return table
			}
		}
	}
	return ""
}

// HolidayCountries lists the codes that Calendar.Holidays may have, in their order:
// countries as in ISO 3166-1, and parts of them as in ISO 3166-2.
func HolidayCountries() []string {
	var codes []string
	for _, c := range countries() {
		codes = append(codes, c.code)
	}
	slices.Sort(codes)
	return codes
}

// country has the public holidays of a country or a part of it.
type country struct {
	code string
	list []*cal.Holiday
}

// holidays finds the holidays of a country. It is safe for concurrent use.
type holidays struct {
	country
	mu sync.Mutex
	// years has the holidays of the years that were asked about, by day since
	// 1970-01-01.
	years map[int]map[int64]string
}

// maxYears bounds what holidays remember.
const maxYears = 64

func (a *area) addHolidays(code string) error {
	for _, c := range countries() {
		if c.code == code {
			a.holidays = append(a.holidays, &holidays{country: c, years: map[int]map[int64]string{}})
			return nil
		}
	}
	return fmt.Errorf("no holidays are known for %.40q; known are %s", code, strings.Join(HolidayCountries(), ", "))
}

// find returns the name of the holiday on a day.
func (h *holidays) find(d int64) (string, bool) {
	year, _, _ := civil(d)
	h.mu.Lock()
	defer h.mu.Unlock()
	days, ok := h.years[year]
	if !ok {
		days = h.compute(year)
		put(h.years, year, days, maxYears)
	}
	name, ok := days[d]
	return name, ok
}

// compute finds the holidays of a year. One that is observed on another day, as
// when it falls on a Sunday, counts on both, be it in the year before or after.
func (h *holidays) compute(year int) map[int64]string {
	days := map[int64]string{}
	add := func(at time.Time, name string) {
		if at.IsZero() {
			return
		}
		d := dayOf(at)
		if y, _, _ := civil(d); y == year && days[d] == "" {
			days[d] = name
		}
	}
	for _, holiday := range h.list {
		actual, _ := holiday.Calc(year)
		add(actual, holiday.Name)
	}
	for _, y := range [3]int{year - 1, year, year + 1} {
		for _, holiday := range h.list {
			add(observed(holiday, y), holiday.Name+", observed")
		}
	}
	return days
}

// observed is the other day on which a holiday is observed; the zero time when
// there is none. The library's own answer goes wrong where midnight does not exist
// in the zone of the machine.
func observed(h *cal.Holiday, year int) time.Time {
	actual, _ := h.Calc(year)
	if actual.IsZero() {
		return time.Time{}
	}
	d := dayOf(actual)
	for _, other := range h.Observed {
		if other.Day == weekday(d) {
			return time.Unix((d+int64(other.Offset))*day, 0).UTC()
		}
	}
	return time.Time{}
}

// dayOf is the day since 1970-01-01 that the library means: midnight in the zone of
// the machine, or the hour before or after where there is no such.
func dayOf(at time.Time) int64 {
	y, m, d := at.Add(12 * time.Hour).Date()
	return floorDiv(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix(), day)
}

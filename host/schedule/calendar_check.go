package schedule

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Bounds of a [Calendar]: what is asked thousands of times must answer fast.
const (
	maxDepth     = 8 // of calendars within calendars
	maxCalendars = 100
	maxDates     = 4000
	maxWindows   = 48
	maxSpans     = 20_000
)

// Check says what is wrong with a calendar: a *[TimingError] that names the member,
// "dates[2]" or "include[0].weekdays[1]".
func (c Calendar) Check() error {
	b := budget{calendars: maxCalendars}
	_, err := b.area(&c, 1)
	return err
}

// budget counts what is left for the calendars of a timing.
type budget struct{ calendars int }

// areas reads the calendars of a member.
func (b *budget) areas(member string, list []Calendar, depth int) ([]*area, error) {
	var areas []*area
	for i := range list {
		a, err := b.area(&list[i], depth)
		if err != nil {
			return nil, within(fmt.Sprintf("%s[%d]", member, i), err)
		}
		areas = append(areas, a)
	}
	return areas, nil
}

// area reads a calendar.
func (b *budget) area(c *Calendar, depth int) (*area, error) {
	b.calendars--
	switch {
	case depth > maxDepth:
		return nil, fmt.Errorf("calendars are more than %d deep in one another", maxDepth)
	case b.calendars < 0:
		return nil, fmt.Errorf("there are more than %d calendars", maxCalendars)
	}
	a := &area{calendar: c}
	a.all = len(c.Dates)+len(c.Holidays)+len(c.Spans)+len(c.Include) == 0
	err := errors.Join( // each sees to one member; the first that fails is told
		each("dates", c.Dates, maxDates, a.dates.add),
		each("holidays", c.Holidays, len(c.Holidays), a.addHolidays),
		each("spans", c.Spans, maxSpans, a.addSpan),
		a.addWeekdays(c.Weekdays),
		each("windows", c.Windows, maxWindows, a.addWindow),
	)
	if err != nil {
		return nil, first(err)
	}
	a.dates.index()
	a.utc, a.wall = merged(a.utc), merged(a.wall)
	if a.include, err = b.areas("include", c.Include, depth+1); err != nil {
		return nil, err
	}
	a.exclude, err = b.areas("exclude", c.Exclude, depth+1)
	return a, err
}

// first is the first of joined errors.
func first(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()[0]
	}
	return err
}

// each reads the elements of a member.
func each[T any](member string, list []T, most int, add func(T) error) error {
	if len(list) > most {
		return &TimingError{member, fmt.Errorf("there are %d; %d is the most", len(list), most)}
	}
	for i, x := range list {
		if err := add(x); err != nil {
			return &TimingError{fmt.Sprintf("%s[%d]", member, i), err}
		}
	}
	return nil
}

func (a *area) addWeekdays(list []string) error {
	if len(list) == 0 {
		a.weekdays = [7]bool{true, true, true, true, true, true, true}
		return nil
	}
	return each("weekdays", list, 7, func(text string) error {
		f := fields()[fieldDayOfWeek]
		d, ok := f.named(text)
		if !ok {
			return fmt.Errorf("%.40q is no weekday; write MON, TUE, WED, THU, FRI, SAT or SUN", text)
		}
		a.weekdays[d] = true
		return nil
	})
}

func (a *area) addWindow(text string) error {
	from, to, ok := strings.Cut(text, "-")
	w := window{clockTime(from), clockTime(to)}
	if !ok || w.from < 0 || w.to < 0 || w.from == day {
		return fmt.Errorf("%.40q is no window; write HH:MM-HH:MM, such as 08:00-17:00 or 22:00-06:00", text)
	}
	a.windows = append(a.windows, w)
	return nil
}

// clockTime reads a time of the day in seconds, 24:00 included; -1 if it is none.
func clockTime(text string) int64 {
	if text == "24:00" {
		return day
	}
	at, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return -1
	}
	return int64(at.Hour()*60*60 + at.Minute()*60)
}

func (a *area) addSpan(s Span) error {
	from, utc, err := parseSpanEnd(s.From)
	if err != nil {
		return err
	}
	to, alsoUTC, err := parseSpanEnd(s.To)
	switch {
	case err != nil:
		return err
	case utc != alsoUTC:
		return fmt.Errorf("one end is in UTC and the other is not: %s, %s", s.From, s.To)
	case to <= from:
		return fmt.Errorf("the end %s is not after the start %s", s.To, s.From)
	}
	if utc {
		a.utc = append(a.utc, span{from, to})
		return nil
	}
	a.wall = append(a.wall, span{from, to})
	return nil
}

func parseSpanEnd(text string) (at int64, utc bool, err error) {
	text, utc = strings.CutSuffix(text, "Z")
	at, err = parseWall(text)
	if err != nil {
		err = fmt.Errorf("%.40q is not a time such as 2026-12-24T00:00:00, or with Z for UTC", text)
	}
	return at, utc, err
}

// merged sorts spans and makes one of those that meet.
func merged(list []span) []span {
	slices.SortFunc(list, func(a, b span) int { return int(min(1, max(-1, a.from-b.from))) })
	var out []span
	for _, s := range list {
		if last := len(out) - 1; last >= 0 && s.from <= out[last].to {
			out[last].to = max(out[last].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

package schedule

import (
	"fmt"
	"slices"
	"time"
)

// maxSteps bounds how many days or months the expansion of a file looks at. All its
// events share them: there may be thousands, each of which starts long ago.
const maxSteps = 1_000_000

// expand lists the occurrences of an event, as far as there is room, without those that have
// an event of their own.
func (e *icsEvent) expand(limits ICSLimits, left *icsLeft, replaced func(start string) bool) ([]Span, error) {
	var list []Span
	var wrong error
	add := func(start icsTime) bool {
		s := e.span(start)
		if e.except[s.From] || replaced(s.From) {
			return true
		}
		list, wrong = append(list, s), e.bounded(s)
		return wrong == nil && len(list) <= left.spans
	}
	if e.rule == nil {
		add(e.start)
	} else if err := e.occurrences(limits, left, add); err != nil {
		return nil, err
	}
	if wrong != nil {
		return nil, wrong
	}
	if len(list) > left.spans {
		return nil, &ICSError{Line: e.line, Reason: fmt.Sprintf("the file has more than %d spans", limits.Spans)}
	}
	left.spans -= len(list)
	return list, nil
}

// icsLeft is what the events of a file that are still to be expanded may take.
type icsLeft struct{ spans, steps int }

// bounded refuses what a Span cannot say.
func (e *icsEvent) bounded(s Span) error {
	for _, end := range [2]string{s.From, s.To} {
		if _, _, err := parseSpanEnd(end); err != nil {
			return &ICSError{Line: e.line, Reason: "the event that begins here is not within the years 1 to 9999"}
		}
	}
	return nil
}

// occurrences visits the starts of a recurring event within the horizon, in their
// order, until visit returns false.
func (e *icsEvent) occurrences(limits ICSLimits, left *icsLeft, visit func(icsTime) bool) error {
	first, last := e.horizon(limits)
	n, on := int64(0), date(floorDiv(e.start.wall, day))
	matched := false
	for step := int64(0); ; step++ {
		if left.steps--; left.steps < 0 {
			return e.rule.line.wrong(fmt.Sprintf("it starts too long ago: with the events before it there are more than %d days and months to look at", maxSteps))
		}
		for _, d := range e.rule.step(e.start, step) {
			start := e.start
			start.wall += (d - floorDiv(e.start.wall, day)) * day
			matched = matched || start.wall == e.start.wall
			if start.wall > e.start.wall && !matched {
				return e.rule.line.wrong("its first occurrence is not DTSTART, " + on)
			}
			n++
			if start.wall > last || e.rule.over(start, n) {
				return nil
			}
			if start.wall >= first && !visit(start) {
				return nil
			}
		}
		if e.rule.from(e.start, step) > last {
			return nil
		}
	}
}

// horizon is the time within which an event is expanded.
func (e *icsEvent) horizon(limits ICSLimits) (first, last int64) {
	year, _, _ := civil(floorDiv(e.start.wall, day))
	first = e.start.wall
	if !limits.From.IsZero() {
		year = limits.From.UTC().Year()
		first = max(first, time.Date(year-1, time.January, 1, 0, 0, 0, 0, time.UTC).Unix())
	}
	return first, time.Date(year+horizonYears, time.January, 1, 0, 0, 0, 0, time.UTC).Unix() - 1
}

// over tells that the nth occurrence is behind the last.
func (u *icsRule) over(start icsTime, n int64) bool {
	switch {
	case u.count > 0:
		return n > u.count
	case u.until == nil:
		return false
	case u.until.date:
		return floorDiv(start.wall, day) > floorDiv(u.until.wall, day)
	case u.until.loc == nil || start.loc == nil:
		return start.wall > u.until.wall
	}
	return instantOf(start.loc, start.wall) > instantOf(u.until.loc, u.until.wall)
}

// from is a time that no occurrence of a step or a later one is before.
func (u *icsRule) from(start icsTime, step int64) int64 {
	length := map[string]int64{"DAILY": day, "WEEKLY": 7 * day, "MONTHLY": 28 * day, "YEARLY": 365 * day}[u.freq]
	return start.wall + step*u.interval*length - 366*day
}

// step lists the days of a period, from that of the start on.
func (u *icsRule) step(start icsTime, n int64) []int64 {
	today := floorDiv(start.wall, day)
	switch u.freq {
	case "DAILY":
		return []int64{today + n*u.interval}
	case "WEEKLY":
		return u.inWeek(today, n)
	}
	return u.inMonth(today, n)
}

// inWeek lists the days of the nth week.
func (u *icsRule) inWeek(today, n int64) []int64 {
	if u.days == nil {
		return []int64{today + n*7*u.interval}
	}
	monday := today - floorMod(int64(weekday(today)-u.week), 7) + n*7*u.interval
	var list []int64
	for d := monday; d < monday+7; d++ {
		has := slices.ContainsFunc(u.days, func(x icsDay) bool { return x.weekday == weekday(d) })
		if has && d >= today {
			list = append(list, d)
		}
	}
	return list
}

// inMonth lists the day of the nth month or year, if there is one.
func (u *icsRule) inMonth(today, n int64) []int64 {
	year, month, mday := civil(today)
	months := n * u.interval
	if u.freq == "YEARLY" {
		months *= 12
		if u.month > 0 {
			month = u.month
		}
	}
	first := time.Date(year, month+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	length := first.AddDate(0, 1, -1).Day()
	switch {
	case u.days != nil:
		mday = u.days[0].inMonth(first.Weekday(), length)
	case u.monthDay > 0:
		mday = u.monthDay
	}
	d := floorDiv(first.Unix(), day) + int64(mday) - 1
	if mday < 1 || mday > length || d < today {
		return nil
	}
	return []int64{d}
}

// inMonth is the day of a month that starts on a weekday; 0 or too large if none.
func (d icsDay) inMonth(first time.Weekday, length int) int {
	on := 1 + (int(d.weekday)-int(first)+7)%7
	if d.nth > 0 {
		return on + 7*(d.nth-1)
	}
	for on+7 <= length {
		on += 7
	}
	return on + 7*(d.nth+1)
}

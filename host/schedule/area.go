package schedule

import (
	"sort"
	"time"
)

// area is a calendar in the form that answers fast.
type area struct {
	calendar *Calendar
	// all tells that nothing names days, so that all are in it.
	all      bool
	dates    dates
	holidays []*holidays
	// utc and wall are spans that are merged where they meet; wall ones have no zone.
	utc, wall []span
	weekdays  [7]bool // by time.Weekday; all when none is named
	windows   []window
	include   []*area
	exclude   []*area
}

// span is an interval [from, to) in seconds.
type span struct{ from, to int64 }

// window is a part of the day in seconds. One with to at or below from goes on
// over midnight.
type window struct{ from, to int64 }

// moment is an instant with what the clock shows. Until end the clock goes on
// without a change.
type moment struct{ at, wall, end int64 }

func momentAt(loc *time.Location, at int64) moment {
	p := periodAt(loc, at)
	return moment{at: at, wall: at + p.offset, end: p.end}
}

// has says whether the moment is in the calendar, and the first instant at which
// the answer may be another one.
//
// A window over midnight belongs to the day on which it starts: dates, holidays and
// weekdays are asked for that day. Spans and other calendars are asked for the
// moment itself.
func (a *area) has(m moment) (in bool, until int64) {
	today := floorDiv(m.wall, day)
	if until, none := a.noDay(m, today); none {
		return false, until
	}
	anchors, n, until := a.anchors(m, today)
	for _, anchor := range anchors[:n] {
		if a.weekdays[weekday(anchor)] && a.names(anchor) {
			in = true
		}
	}
	if !in && n > 0 && !a.all {
		in, until = a.covered(m, until, anchors[:n])
	}
	for _, x := range a.exclude {
		if !in {
			break
		}
		out, end := x.has(m)
		in, until = !out, min(until, end)
	}
	return in, until
}

// anchors are the days that the moment counts for, two at most: none when it is
// outside all windows. They hold until the instant returned.
func (a *area) anchors(m moment, today int64) (list [2]int64, n int, until int64) {
	clock := m.wall - today*day
	next := int64(day) // when it changes
	var now, before bool
	if len(a.windows) == 0 {
		now = true
	}
	for _, w := range a.windows {
		over := w.to <= w.from
		now = now || clock >= w.from && (over || clock < w.to)
		before = before || over && clock < w.to
		for _, edge := range [2]int64{w.from, w.to} {
			if edge > clock {
				next = min(next, edge)
			}
		}
	}
	if now {
		list[n] = today
		n++
	}
	if before {
		list[n] = today - 1
		n++
	}
	return list, n, min(m.end, m.at+next-clock)
}

// noDay tells that only days could be in the area and that the moment counts for none,
// whatever the windows are, and until when that holds: what never matches is asked for
// decades.
func (a *area) noDay(m moment, today int64) (until int64, none bool) {
	if a.all || len(a.utc)+len(a.wall)+len(a.include) > 0 || a.names(today) || a.names(today-1) {
		return 0, false
	}
	_, next := a.dates.has(today)
	if len(a.holidays) > 0 {
		next = today + 1
	}
	if next == never {
		return never, true
	}
	return min(m.end, m.at+next*day-m.wall), true
}

// names says whether dates or holidays name a day.
func (a *area) names(d int64) bool {
	if a.all {
		return true
	}
	if in, _ := a.dates.has(d); in {
		return true
	}
	for _, h := range a.holidays {
		if _, ok := h.find(d); ok {
			return true
		}
	}
	return false
}

// covered says whether spans or included calendars have the moment.
func (a *area) covered(m moment, until int64, anchors []int64) (bool, int64) {
	onDay := false
	for _, anchor := range anchors {
		onDay = onDay || a.weekdays[weekday(anchor)]
	}
	if !onDay {
		return false, until
	}
	in, end := inSpans(a.utc, m.at)
	until = min(until, end)
	if !in {
		in, end = inSpans(a.wall, m.wall)
		until = min(until, m.at+end-m.wall)
	}
	for _, i := range a.include {
		if in {
			break
		}
		in, end = i.has(m)
		until = min(until, end)
	}
	return in, until
}

// inSpans looks a time up in spans in their order, and when that changes.
func inSpans(list []span, t int64) (in bool, until int64) {
	i := sort.Search(len(list), func(i int) bool { return list[i].to > t })
	switch {
	case i == len(list):
		return false, never
	case list[i].from <= t:
		return true, list[i].to
	}
	return false, list[i].from
}

// weekday is that of a day since 1970-01-01, a Thursday.
func weekday(d int64) time.Weekday { return time.Weekday(floorMod(d+int64(time.Thursday), 7)) }

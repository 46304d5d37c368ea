package schedule

import (
	"fmt"
	"strings"
	"time"
)

// why says in words what decides whether a moment is in the calendar. It agrees
// with has.
func (a *area) why(m moment) []string {
	today := floorDiv(m.wall, day)
	anchors, n, _ := a.anchors(m, today)
	if n == 0 {
		return []string{fmt.Sprintf("%s is in none of its windows (%s)", timeOfDay(m.wall), strings.Join(a.calendar.Windows, ", "))}
	}
	var out []string // why not, of each day
	for _, anchor := range anchors[:n] {
		found, in := a.whyDay(m, anchor)
		if !in {
			out = append(out, found)
			continue
		}
		for _, x := range a.exclude {
			if excluded, _ := x.has(m); excluded {
				return []string{found, fmt.Sprintf("calendar %q takes it out: %s", x.calendar.Name, strings.Join(x.why(m), "; "))}
			}
		}
		return []string{found}
	}
	return out
}

// whyDay is why for one of the days that the moment counts for.
func (a *area) whyDay(m moment, anchor int64) (text string, in bool) {
	name := weekday(anchor).String() + " " + date(anchor)
	if anchor != floorDiv(m.wall, day) {
		name += ", on which the window began,"
	}
	if !a.weekdays[weekday(anchor)] {
		return fmt.Sprintf("%s is on none of its weekdays (%s)", name, strings.Join(a.calendar.Weekdays, ", ")), false
	}
	if a.all {
		return name + " is on " + a.limits(), true
	}
	if text, ok := a.dates.find(anchor); ok {
		return fmt.Sprintf("%s is one of its dates (%s)", name, text), true
	}
	for _, h := range a.holidays {
		if holiday, ok := h.find(anchor); ok {
			return fmt.Sprintf("%s is a holiday of %s: %s", name, h.code, holiday), true
		}
	}
	if text, ok := a.whySpan(m); ok {
		return text, true
	}
	for _, i := range a.include {
		if in, _ := i.has(m); in {
			return fmt.Sprintf("it is in calendar %q: %s", i.calendar.Name, strings.Join(i.why(m), "; ")), true
		}
	}
	return fmt.Sprintf("%s is none of its days", name), false
}

// limits are what a calendar of all days has.
func (a *area) limits() string {
	switch {
	case len(a.calendar.Weekdays) > 0 && len(a.windows) > 0:
		return "one of its weekdays, and the time in its windows"
	case len(a.windows) > 0:
		return "one of its days, and the time in its windows"
	case len(a.calendar.Weekdays) > 0:
		return "one of its weekdays"
	}
	return "one of its days: it has all"
}

// whySpan finds a span that has the moment.
func (a *area) whySpan(m moment) (string, bool) {
	if in, _ := inSpans(a.utc, m.at); !in {
		if in, _ := inSpans(a.wall, m.wall); !in {
			return "", false
		}
	}
	shown, instant := time.Unix(m.wall, 0).UTC().Format(wallLayout), time.Unix(m.at, 0).UTC().Format(wallLayout)+"Z"
	for _, s := range a.calendar.Spans {
		t := shown
		if strings.HasSuffix(s.From, "Z") {
			t = instant
		}
		if s.From <= t && t < s.To {
			return fmt.Sprintf("it is in the span from %s to %s", s.From, s.To), true
		}
	}
	return "it is in one of its spans", true
}

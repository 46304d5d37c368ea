package schedule

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// icsTime is a date or a time in a calendar file.
type icsTime struct {
	wall int64          // as if it were UTC
	loc  *time.Location // nil: whichever the schedule has
	date bool
}

// sameKind says whether both are dates, times of a zone, or times on the wall.
func (t icsTime) sameKind(o icsTime) bool {
	return t.date == o.date && (t.loc == nil) == (o.loc == nil)
}

// kind says in words which of these it is.
func (t icsTime) kind() string {
	switch {
	case t.date:
		return "a date"
	case t.loc == nil:
		return "a time without a zone"
	}
	return "a time in a zone or in UTC"
}

// text writes it as the end of a Span.
func (t icsTime) text() string {
	if t.loc == nil {
		return time.Unix(t.wall, 0).UTC().Format(wallLayout)
	}
	return utcText(instantOf(t.loc, t.wall))
}

func utcText(at int64) string { return time.Unix(at, 0).UTC().Format(wallLayout) + "Z" }

// time reads a date or a time.
func (r *icsReader) time(l icsLine, text string) (t icsTime, err error) {
	const usage = "write a date, 20261224, or a time, 20261224T180000, with Z for UTC"
	if kind := l.params["VALUE"]; kind != "" && kind != "DATE" && kind != "DATE-TIME" {
		return t, l.wrong(kind + " is not understood; " + usage)
	}
	zoned, utc := strings.CutSuffix(text, "Z")
	at, err := time.Parse("20060102T150405", zoned)
	if len(text) == len("20261224") {
		at, err = time.Parse("20060102", text)
		t.date = true
	}
	if err != nil || at.Year() < 1 || strings.ContainsAny(text, ".,") {
		return t, l.wrong(strconv.Quote(shortened(text)) + " is no time; " + usage)
	}
	t.wall = at.Unix()
	switch {
	case t.date:
		return t, nil
	case utc:
		t.loc = time.UTC
		return t, nil
	}
	t.loc, err = r.zone(l)
	return t, err
}

// zone loads the zone that a line names; nil when there is none.
func (r *icsReader) zone(l icsLine) (*time.Location, error) {
	name := l.params["TZID"]
	if name == "" {
		return nil, nil
	}
	if loc := r.zones[name]; loc != nil {
		return loc, nil
	}
	loc, err := loadZone(name)
	if err != nil {
		return nil, l.wrong("TZID " + err.Error())
	}
	r.zones[name] = loc
	return loc, nil
}

func shortened(text string) string {
	if len(text) > 40 {
		return text[:40] + "…"
	}
	return text
}

// durationForm is that of RFC 5545, without a sign: events do not end before they
// start. The digits are few, so that sums stay within bounds.
var durationForm = regexp.MustCompile(`^\+?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?$`)

func icsDuration(l icsLine) (days, rest int64, err error) {
	m := durationForm.FindStringSubmatch(l.value)
	if m == nil {
		return 0, 0, l.wrong(strconv.Quote(shortened(l.value)) + " is no length of time such as P1D or PT8H30M")
	}
	n := func(i int) int64 {
		v, _ := strconv.ParseInt(m[i], 10, 64) // empty is 0
		return v
	}
	return n(1)*7 + n(2), n(3)*3600 + n(4)*60 + n(5), nil
}

// span is the occurrence of the event that starts at a time.
func (e *icsEvent) span(start icsTime) Span {
	if e.hasEnd {
		end := e.end
		end.wall += start.wall - e.start.wall
		return Span{From: start.text(), To: end.text()}
	}
	end := start
	end.wall += e.days * day
	if start.loc == nil {
		end.wall += e.rest
		return Span{From: start.text(), To: end.text()}
	}
	return Span{From: start.text(), To: utcText(instantOf(end.loc, end.wall) + e.rest)}
}

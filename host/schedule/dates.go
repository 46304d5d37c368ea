package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// dates are the days that a calendar names one by one. Their values are what was
// written.
type dates struct {
	days   map[int64]string   // days since 1970-01-01
	yearly map[yearDay]string // in every year
	ranges []dateRange
	// merged are days and ranges as [from, to) in their order, once index was called.
	merged []span
}

type yearDay struct {
	month time.Month
	day   int
}

// dateRange has both its ends.
type dateRange struct {
	from, to int64
	text     string
}

// index makes has fast: there may be thousands of ranges, which are asked for each
// day of decades.
func (s *dates) index() {
	for d := range s.days {
		s.merged = append(s.merged, span{d, d + 1})
	}
	for _, r := range s.ranges {
		s.merged = append(s.merged, span{r.from, r.to + 1})
	}
	s.merged = merged(s.merged)
}

// has says whether a day is named, and if not the first day after it that may be;
// never when none is.
func (s *dates) has(d int64) (in bool, next int64) {
	in, next = inSpans(s.merged, d)
	if in || len(s.yearly) == 0 {
		return in, next
	}
	_, month, mday := civil(d)
	_, in = s.yearly[yearDay{month, mday}]
	return in, d + 1
}

// find returns what names a day. It is for explanations: it takes its time.
func (s *dates) find(d int64) (string, bool) {
	if text, ok := s.days[d]; ok {
		return text, true
	}
	if len(s.yearly) > 0 {
		_, month, mday := civil(d)
		if text, ok := s.yearly[yearDay{month, mday}]; ok {
			return text, true
		}
	}
	for _, r := range s.ranges {
		if r.from <= d && d <= r.to {
			return r.text, true
		}
	}
	return "", false
}

// civil is the date of a day since 1970-01-01.
func civil(d int64) (year int, month time.Month, mday int) {
	return time.Unix(d*day, 0).UTC().Date()
}

// date writes a day since 1970-01-01.
func date(d int64) string { return time.Unix(d*day, 0).UTC().Format(time.DateOnly) }

// add reads one of the dates of a calendar.
func (s *dates) add(text string) error {
	if from, to, ok := strings.Cut(text, ".."); ok {
		return s.addRange(text, from, to)
	}
	if len(text) == len("12-24") {
		// 2000 is a leap year: 02-29 is a day of those.
		at, err := time.Parse(time.DateOnly, "2000-"+text)
		if err != nil {
			return fmt.Errorf("there is no day %.40q in a year; write MM-DD, such as 12-24", text)
		}
		if s.yearly == nil {
			s.yearly = map[yearDay]string{}
		}
		s.yearly[yearDay{at.Month(), at.Day()}] = text
		return nil
	}
	d, err := parseDay(text)
	if err != nil {
		return err
	}
	if s.days == nil {
		s.days = map[int64]string{}
	}
	s.days[d] = text
	return nil
}

func (s *dates) addRange(text, from, to string) error {
	if len(from) == len("12-24") || len(to) == len("12-24") {
		return fmt.Errorf("%.40q is a range without years; write both, such as 2026-07-01..2026-07-31", text)
	}
	r := dateRange{text: text}
	var err error
	if r.from, err = parseDay(from); err != nil {
		return err
	}
	if r.to, err = parseDay(to); err != nil {
		return err
	}
	if r.to < r.from {
		return fmt.Errorf("the range runs backwards; write %s..%s", to, from)
	}
	s.ranges = append(s.ranges, r)
	return nil
}

// parseDay reads a date as the day since 1970-01-01.
func parseDay(text string) (int64, error) {
	at, err := time.Parse(time.DateOnly, text)
	var parse *time.ParseError
	switch {
	case errors.As(err, &parse) && parse.Message == ": day out of range":
		return 0, fmt.Errorf("there is no day %.40q", text)
	case err != nil || at.Year() < 1:
		return 0, fmt.Errorf("%.40q is not a date; write YYYY-MM-DD, MM-DD for each year, or YYYY-MM-DD..YYYY-MM-DD", text)
	}
	return floorDiv(at.Unix(), day), nil
}

package schedule

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// field is one of the six places of an expression.
type field struct {
	name string
	// min and max are the lowest and highest number that may be written.
	min, max int
	// last is the number that "*" and "N/step" run to: max, but for the weekday,
	// where 7 is a second way to write Sunday.
	last int
	// names are the three-letter names of the values from min on, in capitals
	// and run together. Empty when the field takes numbers only.
	names string
	// day tells that the field takes "?" for "*".
	day bool
}

// fields returns the fields in the order of an expression with seconds.
func fields() [6]field {
	return [6]field{
		{name: "second", max: 59, last: 59},
		{name: "minute", max: 59, last: 59},
		{name: "hour", max: 23, last: 23},
		{name: "day of month", min: 1, max: 31, last: 31, day: true},
		{name: "month", min: 1, max: 12, last: 12, names: "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
		{name: "day of week", max: 7, last: 6, names: "SUNMONTUEWEDTHUFRISAT", day: true},
	}
}

// The places of the fields that need a name in the code.
const (
	fieldSecond = iota
	fieldMinute
	fieldHour
	fieldDayOfMonth
	fieldMonth
	fieldDayOfWeek
)

// unsupported matches the signs of Quartz and Jenkins that are not ours.
var unsupported = regexp.MustCompile(`(?i)^(LW?|\d*W|\d+L|[A-Z]{3}L|H(\(.*)?|.*#.*)$`)

// value reads a number or a name.
func (f field) value(text string) (int, error) {
	if n, ok := f.named(text); ok {
		return n, nil
	}
	switch {
	case !digits(text) && unsupported.MatchString(text):
		//lint:ignore ST1005 the capitals are signs of cron
		return 0, errors.New("L, W, # and H are not supported")
	case text == "?":
		return 0, errors.New("? is only for the two day fields, alone; write *")
	case !digits(text) && f.names != "":
		return 0, fmt.Errorf("%q is neither a number nor a three-letter name", text)
	case !digits(text):
		return 0, fmt.Errorf("%q is not a number", text)
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < f.min || n > f.max {
		return 0, fmt.Errorf("%s is outside %d-%d%s", text, f.min, f.max, f.hint(n))
	}
	return n, nil
}

// named finds a three-letter name, in capitals or not.
func (f field) named(text string) (int, bool) {
	if len(text) != 3 {
		return 0, false
	}
	at := strings.Index(f.names, strings.ToUpper(text))
	if at < 0 || at%3 != 0 {
		return 0, false
	}
	return f.min + at/3, true
}

// hint helps those who come from Butler, which counts months from 0.
func (f field) hint(n int) string {
	if f.name == "month" && n == 0 {
		return " (January is 1; Butler counted months from 0)"
	}
	return ""
}

// digits tells whether text is a plain decimal number: no sign, no point, no
// prefix, all of which [strconv] or robfig would take.
func digits(text string) bool {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return text != ""
}

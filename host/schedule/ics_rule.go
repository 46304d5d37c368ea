package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// icsRule is an RRULE.
type icsRule struct {
	line     icsLine
	freq     string
	interval int64
	count    int64 // 0: no end by count
	until    *icsTime
	week     time.Weekday // on which weeks start
	days     []icsDay
	month    time.Month // of BYMONTH; 0: that of the start
	monthDay int        // of BYMONTHDAY; 0: that of the start
}

// icsDay is one of BYDAY: each such day, or the nth of the month, from its end when
// negative.
type icsDay struct {
	weekday time.Weekday
	nth     int
}

// rule reads an RRULE.
func (r *icsReader) rule(l icsLine) (*icsRule, error) {
	rule := &icsRule{line: l, interval: 1, week: time.Monday}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(strings.ToUpper(strings.TrimSuffix(l.value, ";")), ";") {
		name, value, _ := strings.Cut(part, "=")
		if seen[name] {
			return nil, l.wrong(shortened(name) + " is there twice")
		}
		seen[name] = true
		if err := rule.part(r, name, value); err != nil {
			return nil, err
		}
	}
	return rule, rule.check()
}

// part reads one part of an RRULE.
func (u *icsRule) part(r *icsReader, name, value string) (err error) {
	switch name {
	case "FREQ":
		u.freq = value
	case "INTERVAL":
		u.interval, err = u.number(name, value, 1, 1000)
	case "COUNT":
		u.count, err = u.number(name, value, 1, 1_000_000)
	case "UNTIL":
		var at icsTime
		at, err = r.time(icsLine{number: u.line.number, name: u.line.name}, value)
		u.until = &at
	case "WKST":
		var days []icsDay
		if days, err = u.byDay(value); err == nil {
			u.week = days[0].weekday
		}
	case "BYDAY":
		u.days, err = u.byDay(value)
	case "BYMONTH":
		var n int64
		n, err = u.number(name, value, 1, 12)
		u.month = time.Month(n)
	case "BYMONTHDAY":
		var n int64
		n, err = u.number(name, value, 1, 31)
		u.monthDay = int(n)
	default:
		return u.line.wrong(shortened(name) + " is not understood")
	}
	return err
}

// number reads one number: lists are not understood.
func (u *icsRule) number(name, text string, lo, hi int64) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < lo || n > hi || !digits(text) {
		return 0, u.line.wrong(fmt.Sprintf("%s %q is not one number from %d to %d", name, shortened(text), lo, hi))
	}
	return n, nil
}

func (u *icsRule) byDay(value string) ([]icsDay, error) {
	var list []icsDay
	for text := range strings.SplitSeq(value, ",") {
		name := text[max(0, len(text)-2):]
		at := slices.Index([]string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}, name)
		nth, err := strconv.Atoi("0" + strings.TrimLeft(strings.TrimSuffix(text, name), "+-"))
		if at < 0 || err != nil || nth > 5 || len(list) == 7 {
			return nil, u.line.wrong(strconv.Quote(shortened(text)) + " is no weekday such as MO or 1MO")
		}
		if strings.HasPrefix(text, "-") {
			nth = -nth
		}
		list = append(list, icsDay{time.Weekday(at), nth})
	}
	return list, nil
}

// check refuses what the expansion does not know.
func (u *icsRule) check() error {
	nth := slices.ContainsFunc(u.days, func(d icsDay) bool { return d.nth != 0 })
	switch {
	case !slices.Contains([]string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}, u.freq):
		return u.line.wrong(fmt.Sprintf("FREQ %q is not understood; DAILY, WEEKLY, MONTHLY and YEARLY are", shortened(u.freq)))
	case u.count > 0 && u.until != nil:
		return u.line.wrong("COUNT and UNTIL exclude one another")
	case u.freq == "DAILY" && (u.days != nil || u.month > 0 || u.monthDay > 0),
		u.freq == "WEEKLY" && (nth || u.month > 0 || u.monthDay > 0):
		return u.line.wrong("this BY part is not understood with FREQ=" + u.freq)
	case u.freq == "MONTHLY" && u.month > 0:
		return u.line.wrong("BYMONTH is not understood with FREQ=MONTHLY")
	case (u.freq == "MONTHLY" || u.freq == "YEARLY") && u.days != nil && (len(u.days) > 1 || !nth || u.monthDay > 0),
		u.freq == "YEARLY" && u.days != nil && u.month == 0:
		return u.line.wrong("of days of the week only one of a month is understood with FREQ=" + u.freq + ", such as BYMONTH=11;BYDAY=4TH")
	}
	return nil
}

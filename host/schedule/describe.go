package schedule

import (
	"fmt"
	"strings"
)

// maxListed is how many times of day Describe writes out.
const maxListed = 6

// Describe says in a short English sentence when s fires on days without a
// clock change, such as "at 02:00 on Monday to Friday, Europe/Stockholm". What
// is too irregular for words it gives as it was written, and calendars by name.
func (s *Spec) Describe() string {
	if s.Never() {
		return "never by itself"
	}
	if s.more != nil {
		return s.more.describe()
	}
	if s.every > 0 {
		return "every " + interval(s.every) + ", counted from 1970-01-01T00:00:00Z"
	}
	days := s.days()
	if text, ok := s.pulse(); ok {
		if days == "" && !s.limited {
			return text // the same in every time zone
		}
		return text + days + ", " + s.Zone()
	}
	if text, ok := s.times(); ok {
		if s.everyDay() {
			text += " every day"
		}
		return text + days + ", " + s.Zone()
	}
	return s.within() + days + ", " + s.Zone()
}

// pulse describes what fires at one pace throughout the day.
func (s *Spec) pulse() (string, bool) {
	second, minute, hour := pace(s.cron.Second, 60), pace(s.cron.Minute, 60), pace(s.cron.Hour, 24)
	switch {
	case minute == 1 && hour == 1 && second > 0:
		return "every " + interval(int64(second)), true
	case second == 60 && hour == 1 && minute > 0:
		return "every " + interval(int64(minute)*60), true
	case second == 60 && minute == 60 && hour > 0 && hour < 24:
		return "every " + interval(int64(hour)*60*60), true
	}
	return "", false
}

// times lists the times of day, if they are few.
func (s *Spec) times() (string, bool) {
	seconds, minutes, hours := values(s.cron.Second, 0, 59), values(s.cron.Minute, 0, 59), values(s.cron.Hour, 0, 23)
	if len(seconds)*len(minutes)*len(hours) > maxListed {
		return "", false
	}
	var list []string
	for _, h := range hours {
		for _, m := range minutes {
			for _, sec := range seconds {
				list = append(list, clock(h*60*60+m*60+sec))
			}
		}
	}
	return "at " + sentence(list), true
}

// within describes the rest by naming the fields.
func (s *Spec) within() string {
	onTheMinute := pace(s.cron.Second, 60) == 60
	text := "at minute " + s.list(fieldMinute)
	of := " of every hour"
	if n := pace(s.cron.Minute, 60); n == 1 || n > 0 && n < 60 && onTheMinute {
		text, of = "every "+interval(int64(n)*60), ""
	}
	if !onTheMinute {
		text = "at second " + s.list(fieldSecond) + " of " + strings.TrimPrefix(text, "at ")
	}
	if s.limited {
		of = " of hour " + s.list(fieldHour)
	}
	return text + of
}

// days describes the days, with a space before, or nothing if none is left out.
func (s *Spec) days() string {
	var on []string
	if s.cron.Dom&starBit == 0 {
		on = append(on, " on day "+s.list(fieldDayOfMonth)+" of the month")
	}
	if s.cron.Dow&starBit == 0 {
		on = append(on, " on "+s.list(fieldDayOfWeek))
	}
	text := strings.Join(on, " or")
	if s.cron.Month&allMonths == allMonths {
		return text
	}
	if date, ok := strings.CutSuffix(text, "the month"); ok {
		return date + s.list(fieldMonth)
	}
	return text + " in " + s.list(fieldMonth)
}

// everyDay tells that neither day field restricts.
func (s *Spec) everyDay() bool {
	return s.cron.Dom&starBit != 0 && s.cron.Dow&starBit != 0
}

// interval writes a number of seconds in the largest unit that is exact.
func interval(seconds int64) string {
	unit, n := "second", seconds
	switch {
	case seconds%3600 == 0:
		unit, n = "hour", seconds/3600
	case seconds%60 == 0:
		unit, n = "minute", seconds/60
	}
	if n == 1 {
		return unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// clock writes a time of day, with seconds only if there are any.
func clock(seconds int) string {
	text := fmt.Sprintf("%02d:%02d", seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		text += fmt.Sprintf(":%02d", seconds%60)
	}
	return text
}

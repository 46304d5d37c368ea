package schedule

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Sets of robfig/cron with all values of a field: bit n stands for n.
const (
	allSixty    = 1<<60 - 1
	allHours    = 1<<24 - 1
	allDays     = 1<<32 - 1<<1
	allMonths   = 1<<13 - 1<<1
	allWeekdays = 1<<7 - 1
	// starBit marks in robfig/cron a field that does not restrict.
	starBit = 1 << 63
)

// makeSets has robfig/cron make sets of the fields.
func makeSets(plain [6]string) (*cron.SpecSchedule, error) {
	parser := cron.NewParser(cron.Second | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	parsed, err := parser.Parse(strings.Join(plain[:], " "))
	c, ok := parsed.(*cron.SpecSchedule)
	if err != nil || !ok {
		return nil, &ParseError{Reason: fmt.Sprintf("robfig/cron does not take %q: %v", plain, err)}
	}
	c.Location = time.UTC
	// robfig/cron decides by the star and not by the set whether a day field
	// restricts, so that 1-31 would.
	if c.Dom&allDays == allDays {
		c.Dom |= starBit
	}
	if c.Dow&allWeekdays == allWeekdays {
		c.Dow |= starBit
	}
	return c, nil
}

// impossible tells that no month of c has any of its days, such as 30 February.
// Where the weekday restricts too, it is enough that either matches.
func impossible(c *cron.SpecSchedule) bool {
	if c.Dow&starBit == 0 {
		return false
	}
	for month := time.January; month <= time.December; month++ {
		// Day 0 of the next month is the last of this one; 2000 is a leap year.
		last := time.Date(2000, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
		if c.Month&(1<<month) != 0 && c.Dom&(1<<(last+1)-1<<1) != 0 {
			return false
		}
	}
	return true
}

// noSuchDate refuses an impossible date.
func noSuchDate(day, month token) error {
	return &ParseError{
		Reason: "no such date: the day of the month never occurs in the given month(s)",
		Offset: day.at,
		Length: month.at + len(month.text) - day.at,
	}
}

package schedule

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// An instant may be further away than Next looks.
func TestEngineLooksAgainForWhatWasOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
		s := compiled(t, Timing{Cron: "0 9 * * *", Timezone: "UTC", More: &More{Calendars: []Calendar{{Name: "c", Dates: []string{"2080-05-01"}}}}})
		e := NewEngine(Options{Handle: func([]Due) {}, Now: func() time.Time { return now }})
		e.Set("a", s, now.AddDate(-30, 0, 0)) // it was not looked at for long
		e.tick()
		if at, ok := e.Next("a"); ok {
			t.Fatalf("Next = %s, which is out of reach", at)
		}
		now = now.AddDate(20, 0, 0)
		e.tick()
		if at, ok := e.Next("a"); !ok || at.Format(time.RFC3339) != "2080-05-01T09:00:00Z" {
			t.Fatalf("Next = %s, %v", at, ok)
		}
	})
}

// As many one-day ranges as a configuration takes, all of them past, and as many
// windows: nothing matches, for decades.
func TestCalendarsThatNeverMatchAreAskedLittle(t *testing.T) {
	t.Parallel()
	c := Calendar{Name: "c"}
	for i := range maxWindows {
		c.Windows = append(c.Windows, fmt.Sprintf("%02d:%02d-%02d:%02d", i/2, i%2*30, i/2, i%2*30+10))
	}
	d := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for range 2000 {
		text := d.Format(time.DateOnly)
		c.Dates, d = append(c.Dates, text+".."+text), d.AddDate(0, 0, 2)
	}
	for name, tt := range map[string]struct {
		more *More
		most int // questions in 40 years; there are two clock changes in each
	}{
		"none is to come":       {&More{Calendars: []Calendar{c}}, 1},
		"one is far away":       {&More{Calendars: []Calendar{{Name: "d", Dates: append([]string{"2090-01-01"}, c.Dates...), Windows: c.Windows}}}, 200},
		"each is asked by days": {&More{Calendars: []Calendar{{Name: "y", Dates: []string{"02-29"}, Windows: c.Windows}}}, 41*366 + 41*1440},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := compiled(t, Timing{Cron: "* * * * * *", Timezone: "Europe/Stockholm", More: tt.more})
			from, asked := d.AddDate(15, 0, 0), 0
			for at := from.Unix(); at < from.AddDate(40, 0, 0).Unix(); asked++ {
				_, until := s.more.allows(at)
				at = max(until, at+60) // there is no until where it is allowed
			}
			if asked > tt.most {
				t.Errorf("%d questions, %d should do", asked, tt.most)
			}
		})
	}
}

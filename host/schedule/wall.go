package schedule

import (
	"math/bits"
	"time"
)

// wallDays is how many days nextWall looks at by itself. Nearly all cron lines fire
// within a month; the others are left to robfig/cron, which skips months and years.
const wallDays = 31

// nextWall returns the first wall time after the given one that matches. Wall
// times are counted in seconds as if they were UTC.
//
// robfig/cron would find the same, second by second and minute by minute; a
// simulation of a year asks millions of times.
func (s *Spec) nextWall(wall int64) int64 {
	date, after := floorDiv(wall, day), int(floorMod(wall, day))
	for range wallDays {
		if s.onDay(date) {
			if at, ok := s.inDay(after); ok {
				return date*day + int64(at)
			}
		}
		date, after = date+1, -1
	}
	return s.nextFar(date*day - 1)
}

// onDay says whether a day matches: one of the two day fields is enough, unless one
// of them is *.
func (s *Spec) onDay(date int64) bool {
	_, month, dom := time.Unix(date*day, 0).UTC().Date()
	if s.cron.Month&(1<<uint(month)) == 0 {
		return false
	}
	const thursday = 4 // the first day of 1970
	inMonth := s.cron.Dom&(1<<uint(dom)) != 0
	inWeek := s.cron.Dow&(1<<uint(floorMod(date+thursday, 7))) != 0
	if (s.cron.Dom|s.cron.Dow)&starBit != 0 {
		return inMonth && inWeek
	}
	return inMonth || inWeek
}

// inDay finds the first time of a day after the given one that matches, both in
// seconds; -1 is before the first.
func (s *Spec) inDay(after int) (int, bool) {
	from := after + 1
	hour, minute, second := from/3600, from/60%60, from%60
	at, ok := atLeast(s.cron.Hour, hour)
	if !ok {
		return 0, false
	}
	if at > hour {
		return at*3600 + lowest(s.cron.Minute)*60 + lowest(s.cron.Second), true
	}
	m, ok := atLeast(s.cron.Minute, minute)
	if ok && m == minute {
		if sec, ok := atLeast(s.cron.Second, second); ok {
			return hour*3600 + minute*60 + sec, true
		}
		m, ok = atLeast(s.cron.Minute, minute+1)
	}
	if ok {
		return hour*3600 + m*60 + lowest(s.cron.Second), true
	}
	if at, ok = atLeast(s.cron.Hour, hour+1); !ok {
		return 0, false
	}
	return at*3600 + lowest(s.cron.Minute)*60 + lowest(s.cron.Second), true
}

// lowest is the lowest member of a set.
func lowest(set uint64) int { return bits.TrailingZeros64(set) }

// atLeast is the lowest member of a set that is not below a number.
func atLeast(set uint64, n int) (int, bool) {
	rest := (set &^ starBit) >> uint(n) << uint(n)
	return bits.TrailingZeros64(rest), rest != 0
}

// nextFar is nextWall for what is more than a month away.
func (s *Spec) nextFar(wall int64) int64 {
	t := time.Unix(wall, 0).UTC()
	next := s.cron.Next(t)
	if next.IsZero() {
		// robfig/cron gives up after the fifth year, but from 2096 the next
		// 29 February is in 2104. Go on where it stopped.
		next = s.cron.Next(time.Date(t.Year()+5, time.December, 31, 23, 59, 59, 0, time.UTC))
	}
	return next.Unix()
}

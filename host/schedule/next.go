package schedule

import "time"

// Instants outside the years 1 to 9999 have no RFC 3339 form.
const (
	minInstant = -62135596800 // 0001-01-01T00:00:00Z
	maxInstant = 253402300799 // 9999-12-31T23:59:59Z
)

// Next returns the first instant strictly later than t, in whole seconds and in
// the time zone of s. It returns the zero time when that would be after the year
// 9999, or, for what calendars have a say in, when there is none within about 40
// years; within about 5 when instants move. The package documentation tells what
// happens when the clock changes.
func (s *Spec) Next(t time.Time) time.Time {
	next, ok := s.next(t.Unix())
	if !ok {
		return time.Time{}
	}
	return time.Unix(next, 0).In(s.loc)
}

// next is Next in Unix seconds.
func (s *Spec) next(after int64) (int64, bool) {
	after = max(after, minInstant)
	if l := s.last.Load(); l != nil && l.from <= after && after < l.next {
		return l.next, true
	}
	if after >= maxInstant {
		return 0, false
	}
	next, ok := s.find(after)
	if !ok || next > maxInstant {
		return 0, false
	}
	s.last.Store(&stride{after, next})
	return next, true
}

// find is next without memory.
func (s *Spec) find(after int64) (int64, bool) {
	if s.more != nil {
		return s.more.next(after)
	}
	return s.step(after), true
}

// step finds the instant of a cron line after the given one.
func (s *Spec) step(after int64) int64 {
	if s.every > 0 {
		return after + s.every - floorMod(after, s.every)
	}
	from := after + 1
	for {
		p := periodAt(s.loc, from)
		// An instant of a skipped wall time lies before from, hence max.
		at := max(s.nextWall(s.passed(p, from))-p.offset, from)
		if at < p.end || from > maxInstant {
			return at
		}
		from = p.end
	}
}

// passed returns the last wall time that is over at from, which is in p.
//
// In limited hours this is where a gap or an overlap takes effect. What the gap
// before p skipped is not yet over at its first instant; what p repeats is over
// already.
func (s *Spec) passed(p period, from int64) int64 {
	wall := from + p.offset - 1
	if !s.limited {
		return wall
	}
	before := p.start + p.before - 1
	if from == p.start {
		return before
	}
	return max(wall, before)
}

// floorMod is the remainder of a division that rounds down, also before 1970.
func floorMod(a, b int64) int64 {
	return ((a % b) + b) % b
}

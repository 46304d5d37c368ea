package schedule

import "time"

// Mark says in a few words what a clock change does to an instant of s, such as
// "clock change: 02:30 does not exist, moved to 03:00". It is empty for nearly all.
func (s *Spec) Mark(at time.Time) string {
	if c := s.clock(at.Unix()); c != nil {
		return "clock change: " + c.Text()
	}
	return ""
}

// Text says what the change does.
func (c *ClockChange) Text() string {
	switch {
	case c.Rule == ClockGap:
		return c.Wall + " does not exist, moved to " + c.Shown
	case c.Rule == ClockSecond:
		return c.Wall + " comes twice, the second time"
	case c.Once:
		return c.Wall + " comes twice, fires the first time only"
	}
	return c.Wall + " comes twice, the first time"
}

// clock is what a clock change does to an instant of s; nil for nearly all.
func (s *Spec) clock(at int64) *ClockChange {
	p := periodAt(s.loc, at)
	rule := changeAt(s.loc, p, at)
	if rule == "" {
		return nil
	}
	shown := at + p.offset
	walls, once := s.meant(p, at)
	if len(walls) == 0 {
		return nil
	}
	c := &ClockChange{Rule: rule, Wall: timeOfDay(shown), Shown: timeOfDay(shown)}
	if rule == ClockGap {
		first := shown
		for _, wall := range walls {
			first = min(first, wall)
		}
		if first == shown {
			return nil // it is just after the gap and has its own time
		}
		c.Wall = timeOfDay(first)
		return c
	}
	c.Once = once && rule == ClockFirst
	return c
}

// changeAt tells what sort of change an instant lies at; empty for nearly all.
func changeAt(loc *time.Location, p period, at int64) ClockRule {
	switch {
	case at == p.start && p.before < p.offset:
		return ClockGap
	case at < p.start+p.before-p.offset:
		return ClockSecond
	case at < p.end-day:
		return "" // no clock is set back by more than a day
	case p.end != never && at >= p.end+offsetAt(loc, p.end)-p.offset:
		return ClockFirst
	}
	return ""
}

// meant are the times on the wall that an instant of s stands for, and whether
// all of them fire once only where they come twice. Elapsed time has none.
func (s *Spec) meant(p period, at int64) (walls []int64, once bool) {
	shown, once := at+p.offset, true
	skipped := min(shown, at+p.before)
	if at != p.start {
		skipped = shown
	}
	for _, line := range s.lines() {
		if line.every > 0 {
			continue
		}
		found := line.wallsIn(at, skipped, shown)
		walls = append(walls, found...)
		once = once && (line.limited || len(found) == 0)
	}
	if s.more == nil {
		return walls, once
	}
	for _, one := range s.more.singles {
		if one.at == at {
			walls = append(walls, one.wall)
		}
	}
	for _, o := range s.more.movedTo(at) {
		walls = append(walls, o.wall)
	}
	return walls, once
}

// lines are the cron lines of s, each as a Spec.
func (s *Spec) lines() []*Spec {
	if s.more == nil {
		return []*Spec{s}
	}
	return s.more.lines
}

// timeOfDay writes the time of a day on the wall.
func timeOfDay(wall int64) string { return clock(int(floorMod(wall, day))) }

package schedule

import (
	"slices"
	"sort"
)

const (
	// maxShift is how many days an instant moves at most.
	maxShift = 31
	// margin is maxShift with room for clock changes, in seconds.
	margin = (maxShift + 2) * day
)

// block has the instants of a stretch of time, for schedules whose instants move:
// which ones a day has depends on the days around it.
type block struct {
	number   int64
	instants []int64
}

// nextMoved is nextAllowed where instants move.
func (c *composite) nextMoved(after, last int64) (int64, bool) {
	for n := floorDiv(after, blockLength); n*blockLength <= last; n++ {
		list := c.block(n).instants
		i := sort.Search(len(list), func(i int) bool { return list[i] > after })
		if i < len(list) {
			return list[i], list[i] <= last
		}
	}
	return 0, false
}

// block computes a block, or has it.
func (c *composite) block(number int64) *block {
	if b := c.moved.Load(); b != nil && b.number == number {
		return b
	}
	start, end := number*blockLength, (number+1)*blockLength
	b := &block{number: number}
	if !c.open(start, end) {
		c.moved.Store(b)
		return b
	}
	add := func(at int64) {
		if at >= max(start, c.starts) && at < end && at <= c.ends {
			b.instants = append(b.instants, at)
		}
	}
	c.origins(start, end, func(from int64) {
		if ok, _ := c.allows(from); ok {
			add(from)
			return
		}
		for _, wall := range c.walls(from) {
			if to, _, ok := c.target(wall); ok {
				add(to)
			}
		}
	})
	slices.Sort(b.instants)
	b.instants = slices.Compact(b.instants)
	c.moved.Store(b)
	return b
}

// open tells that the calendars allow anything in [start, end): where they do not,
// nothing has to be moved to find that it cannot move there.
func (c *composite) open(start, end int64) bool {
	for at := start; at < end; {
		ok, until := c.allows(at)
		if ok {
			return true
		}
		at = until
	}
	return false
}

// origins visits all instants of the lines that may end up in [start, end). What
// lies outside the bounds does not move into them.
func (c *composite) origins(start, end int64, visit func(int64)) {
	if c.more.Shift == ShiftNext {
		start -= margin
	} else {
		end += margin
	}
	for at := c.raw(max(start, c.starts) - 1); at < end && at <= c.ends; at = c.raw(at) {
		visit(at)
	}
}

// target is where an instant that the calendars do not allow moves, by its time on
// the wall, and that time there.
func (c *composite) target(wall int64) (at, on int64, ok bool) {
	step := int64(day)
	if c.more.Shift == ShiftPrevious {
		step = -step
	}
	for range maxShift {
		wall += step
		at := instantOf(c.loc, wall)
		if ok, _ := c.allows(at); ok {
			return at, wall, true
		}
	}
	return 0, 0, false
}

// walls are the times on the wall that an instant of the lines stands for: what
// the clock shows, and what it skipped just before. On another day the latter
// exists.
func (c *composite) walls(at int64) []int64 {
	p := periodAt(c.loc, at)
	shown := at + p.offset
	skipped := shown // from here on the clock skipped
	if at == p.start && p.before < p.offset {
		skipped = at + p.before
	}
	var list []int64
	for _, line := range c.lines {
		list = append(list, line.wallsIn(at, skipped, shown)...)
	}
	for _, s := range c.singles {
		if s.at == at {
			list = append(list, s.wall)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// wallsIn are those of one cron line, from skipped to shown.
func (s *Spec) wallsIn(at, skipped, shown int64) []int64 {
	if next, ok := s.next(at - 1); !ok || next != at {
		return nil
	}
	if s.every > 0 || !s.limited {
		return []int64{shown}
	}
	var list []int64
	for wall := s.nextWall(skipped - 1); wall <= shown; wall = s.nextWall(wall) {
		list = append(list, wall)
	}
	return list
}

// origin is an instant that moved, and the time on the wall that it moved to.
type origin struct{ at, wall int64 }

// movedTo are the origins of an instant.
func (c *composite) movedTo(at int64) []origin {
	if !c.moves || at < c.starts || at > c.ends {
		return nil
	}
	var list []origin
	c.origins(at, at+1, func(from int64) {
		if ok, _ := c.allows(from); ok {
			return
		}
		for _, wall := range c.walls(from) {
			if to, on, ok := c.target(wall); ok && to == at {
				list = append(list, origin{from, on})
			}
		}
	})
	return list
}

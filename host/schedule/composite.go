package schedule

import (
	"sort"
	"sync/atomic"
	"time"
)

// composite is what a Spec has beside one cron line.
type composite struct {
	more    *More
	loc     *time.Location
	lines   []*Spec // of one cron line each
	singles []single
	// starts and ends are the first and the last second that an instant may have.
	starts, ends int64
	in, out      []*area
	// moves tells that what the calendars do not allow may move.
	moves bool

	// none remembers that there is no instant between two.
	none atomic.Pointer[stride]
	// moved is the latest block that was computed.
	moved atomic.Pointer[block]
}

// Next looks for an instant that calendars allow until the end of so many blocks:
// 40 years, or 5 when instants move. It finds a leap day that is a Sunday.
const (
	blockDays    = 32
	blockLength  = blockDays * day
	reachSkipped = 40 * 366 / blockDays
	reachMoved   = 5 * 366 / blockDays
)

// next finds the instant after the given one, or none within reach.
func (c *composite) next(after int64) (int64, bool) {
	after = max(after, c.starts-1)
	if after >= c.ends {
		return 0, false
	}
	if n := c.none.Load(); n != nil && n.from <= after && after < n.next {
		return 0, false
	}
	first, reach := floorDiv(after, blockLength), int64(reachSkipped)
	if c.moves {
		reach = reachMoved
	}
	if len(c.in)+len(c.out) == 0 {
		return c.between(after, c.ends)
	}
	// Counted in blocks, the limit is the same for all instants of one.
	at, ok := c.between(after, (first+1+reach)*blockLength-1)
	if !ok {
		c.none.Store(&stride{after, (first + 1) * blockLength})
	}
	return at, ok
}

// between finds the first instant after one, up to a last one.
func (c *composite) between(after, last int64) (int64, bool) {
	after, last = max(after, c.starts-1), min(last, c.ends)
	if c.moves {
		return c.nextMoved(after, last)
	}
	return c.nextAllowed(after, last)
}

// nextAllowed finds the first instant after the given one that the calendars
// allow, up to a last one.
func (c *composite) nextAllowed(after, last int64) (int64, bool) {
	for at := c.raw(after); at <= last; {
		ok, until := c.allows(at)
		if ok {
			return at, true
		}
		at = c.raw(until - 1)
	}
	return 0, false
}

// raw is the first instant of any line after the given one, calendars aside; never
// when there is none.
func (c *composite) raw(after int64) int64 {
	first := int64(never)
	for _, line := range c.lines {
		if at, ok := line.next(after); ok {
			first = min(first, at)
		}
	}
	i := sort.Search(len(c.singles), func(i int) bool { return c.singles[i].at > after })
	if i < len(c.singles) {
		first = min(first, c.singles[i].at)
	}
	return first
}

// allows asks all calendars about an instant. The answer no holds at least until
// the instant returned.
func (c *composite) allows(at int64) (ok bool, until int64) {
	if len(c.in)+len(c.out) == 0 {
		return true, at + 1
	}
	m := momentAt(c.loc, at)
	ok = true
	for _, a := range c.in {
		if in, end := a.has(m); !in {
			ok, until = false, max(until, end)
		}
	}
	for _, a := range c.out {
		if in, end := a.has(m); in {
			ok, until = false, max(until, end)
		}
	}
	return ok, until
}

// floorDiv divides and rounds down, also before 1970.
func floorDiv(a, b int64) int64 { return (a - floorMod(a, b)) / b }

package lease

import (
	"sync"
	"time"
)

// clock is the store's clock, which all hosts go by: theirs may differ by minutes,
// and be set while they run. Between two readings it goes on by the clock that
// never jumps.
type clock struct {
	own func() time.Time // the host's; nil: time.Now

	mu   sync.Mutex
	read time.Time // the store's, without a monotonic reading; zero: the host's own counts
	at   time.Time // when it was read
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.read.IsZero():
		return c.read.Add(time.Since(c.at))
	case c.own != nil:
		return c.own()
	}
	return time.Now()
}

// adjust takes over the store's time, read between asked and now, and returns by
// how much that moves the clock. What may be the way of the answer is no
// difference: the clock would jump to and fro.
func (c *clock) adjust(asked, storeNow time.Time) (moved time.Duration) {
	if storeNow.IsZero() {
		return 0
	}
	way := time.Since(asked)
	read := storeNow.Round(0).Add(way / 2)
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.read.IsZero() {
		c.read, c.at = read, now
		return 0
	}
	moved = read.Sub(c.read.Add(now.Sub(c.at)))
	if moved.Abs() <= way/2+tolerated {
		return 0
	}
	c.read, c.at = read, now
	return moved
}

// tolerated is how far the clock may be off without being corrected.
const tolerated = time.Millisecond

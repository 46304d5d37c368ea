package lease

import "time"

// term is how long a lease is good, as its host can know it.
type term struct {
	lasts time.Duration // of the lease; zero: it does not end
	from  time.Time     // before it was asked for, with a monotonic reading
	ended bool
}

func newTerm(asked time.Time, lasts time.Duration) term { return term{lasts: lasts, from: asked} }

// safe is the part of a lease that its host makes use of. The rest is for ending
// what it executes before another host may begin.
func (t term) safe() time.Duration { return t.lasts - t.lasts/10 }

// end makes the rest of the term worthless.
func (t *term) end() { t.ended = true }

// left is how long the lease is good from now on. It goes by the clock that has
// run further: the monotonic one stands still while a machine is suspended, the
// one on the wall may be set back.
func (t term) left() time.Duration {
	if t.lasts == 0 {
		return noEnd
	}
	if t.ended {
		return 0
	}
	passed := max(time.Since(t.from), time.Now().Round(0).Sub(t.from.Round(0)))
	return max(t.safe()-passed, 0)
}

// noEnd is what is left of a lease that does not end.
const noEnd = time.Duration(1<<63 - 1)

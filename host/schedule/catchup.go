package schedule

import "time"

// Decision says what a catch-up policy makes of one firing that an outage kept
// from running.
type Decision string

// The decisions.
const (
	CaughtUp Decision = "caught_up"
	NotAtAll Decision = "not_at_all" // the schedule catches nothing up
	TooOld   Decision = "too_old"    // due longer ago than Within
	TooMany  Decision = "too_many"   // Limit later firings are due too
)

// Decide says whether the firing due at an instant of s is caught up at now: it is
// if it was due no longer ago than Within, and fewer than Limit instants of s, 1 for
// CatchUpLast, lie in (due, now]. So the answer is the same whichever others are
// asked for at the time, and costs no more than Limit steps. A nil policy catches
// nothing up.
func (c *CatchUp) Decide(s *Spec, due, now time.Time) Decision {
	if c == nil || c.Mode != CatchUpLast && c.Mode != CatchUpAll {
		return NotAtAll
	}
	if now.Sub(due) > c.Within {
		return TooOld
	}
	limit := 1
	if c.Mode == CatchUpAll {
		limit = max(1, c.Limit)
	}
	at := due
	for range limit {
		if at = s.Next(at); at.IsZero() || at.After(now) {
			return CaughtUp
		}
	}
	return TooMany
}

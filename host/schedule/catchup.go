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

// Decider is Decide for many instants of s, to be asked for in ascending order. All
// together cost about two steps for each instant from the first to the last, whatever
// the limit is: after a day's outage a schedule that fires each second has 86,400.
func (c *CatchUp) Decider(s *Spec, now time.Time) func(due time.Time) Decision {
	// ahead comes Limit instants after from; zero: after now, as for all that follow.
	var from, ahead time.Time
	return func(due time.Time) Decision {
		if c == nil || c.Mode != CatchUpAll || now.Sub(due) > c.Within {
			return c.Decide(s, due, now)
		}
		if from.IsZero() {
			from, ahead = due, due
			for range max(1, c.Limit) {
				ahead = nextUntil(s, ahead, now)
			}
		}
		for !ahead.IsZero() && from.Before(due) {
			from, ahead = s.Next(from), nextUntil(s, ahead, now)
		}
		if ahead.IsZero() {
			return CaughtUp
		}
		return TooMany
	}
}

// nextUntil is the instant after at; zero when it is after now, or at is zero.
func nextUntil(s *Spec, at, now time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	if at = s.Next(at); at.After(now) {
		return time.Time{}
	}
	return at
}

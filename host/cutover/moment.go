package cutover

import (
	"time"

	"butlerd/host/schedule"
)

// settle is how long after an instant a start may still be under way.
const settle = 2 * time.Second

// Moment finds the first time from which on nothing is due for so long; when there is
// none before the horizon, that with the longest rest. rest is how long nothing is due
// then, quiet at most.
func Moment(specs []*schedule.Spec, from time.Time, quiet, horizon time.Duration) (at time.Time, rest time.Duration) {
	end := from.Add(horizon)
	for t := from; t.Before(end); {
		next := nextOf(specs, t.Add(-settle))
		if next.IsZero() || next.Sub(t) >= quiet {
			return t, quiet
		}
		if free := next.Sub(t); free > rest || at.IsZero() {
			at, rest = t, max(0, free)
		}
		t = later(t, next.Add(settle))
	}
	return at, rest
}

// later moves on, whatever the instants are.
func later(t, to time.Time) time.Time {
	if to.After(t) {
		return to
	}
	return t.Add(time.Second)
}

func nextOf(specs []*schedule.Spec, after time.Time) (first time.Time) {
	for _, s := range specs {
		if next := s.Next(after); !next.IsZero() && (first.IsZero() || next.Before(first)) {
			first = next
		}
	}
	return first
}

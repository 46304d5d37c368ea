package schedule

import (
	"math"
	"slices"
	"time"
)

// Wait is how long the next attempt waits after the end of the given one: Backoff
// after the first, twice as long after each further one, MaxBackoff at most where
// there is one. A plugin's own wish is for the caller to heed. Zero for nil.
func (r *Retry) Wait(attempt int) time.Duration {
	if r == nil || r.Backoff <= 0 {
		return 0
	}
	wait, limit := r.Backoff, r.MaxBackoff
	if limit <= 0 {
		limit = math.MaxInt64
	}
	for n := 1; n < attempt && wait < limit; n++ {
		if wait > math.MaxInt64/2 {
			return limit
		}
		wait *= 2
	}
	return min(wait, limit)
}

// Covers says whether another attempt may follow one that ended so. Nil covers
// nothing.
func (r *Retry) Covers(end RetryOn) bool { return r != nil && slices.Contains(r.On, end) }

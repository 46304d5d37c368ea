package reload

import (
	"context"
	"time"
)

// Bounds of the time between two looks at a task without a poll_interval.
const (
	shortestInterval = 2 * time.Second
	longestInterval  = 15 * time.Second
)

// maxBackoff bounds the time between two requests that fail.
const maxBackoff = 30 * time.Second

// interval is how long to wait before the next look at a task that is followed
// for some time already: an eighth of it, so that what a long reload adds to its
// duration by being noticed late stays small beside it.
func (a *Arguments) interval(elapsed time.Duration) time.Duration {
	if a.PollInterval != 0 {
		return a.PollInterval
	}
	return min(max(elapsed/8, shortestInterval), longestInterval)
}

// backoff is how long to wait after so many failures before.
func backoff(failed int) time.Duration {
	const doublings = 5
	return min(time.Second<<min(failed, doublings), maxBackoff)
}

// sleep waits; the error is the cause of a context that ended before.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

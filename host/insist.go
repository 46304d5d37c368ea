package host

import (
	"context"
	"errors"
	"time"

	"butlerd/host/store"
)

// startPatience is how long a step of the start is tried again. A store that was
// well enough to be opened may be restarted, or be slow because many hosts start at
// once; one that stays away is a reason to end that whoever started this host sees.
const startPatience = time.Minute

// Waits between two tries of a step of the start.
const (
	firstWait = 50 * time.Millisecond
	maxWait   = time.Second
)

// slowStep is how long a step of the start takes before the log says so, and how often
// it says so then. To settle what thousands of schedules have missed may take minutes
// on a slow machine, and who waits for it has to know that the host gets on.
const slowStep = 10 * time.Second

// watch says in the log that a step of the start is under way still, until its end is
// called.
func (h *Host) watch(doing string) (end func()) {
	began, done := time.Now(), make(chan struct{})
	ticker := time.NewTicker(slowStep)
	go func() {
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				h.log.Info("the start takes its time", "doing", doing, "for", time.Since(began).Round(time.Second))
			}
		}
	}()
	return func() { close(done) }
}

// insist repeats a step of the start whose failure may pass, until ctx ends or its
// patience does. The step has to do no harm when it is done twice. doing says what
// it is, in the lines that are logged of it: one when it is to be repeated, and one now
// and then while it takes long.
func (h *Host) insist(ctx context.Context, doing string, step func() error) error {
	defer h.watch(doing)()
	var until time.Time
	for wait := firstWait; ; wait = min(2*wait, maxWait) {
		err := step()
		if err == nil || ctx.Err() != nil || !passing(err) {
			return err
		}
		now := time.Now()
		if until.IsZero() {
			until = now.Add(startPatience)
			h.log.Warn("store unavailable, the start goes on when it is back", "doing", doing, "for", startPatience, "err", err)
		}
		if now.After(until) {
			return err
		}
		pause(ctx, wait)
		if ctx.Err() != nil {
			return err // and not that of the end: it is the reason why the start was not done by then
		}
	}
}

// passing tells failures that end by themselves. A lease that was taken over
// meanwhile is one: the keeper takes another.
func passing(err error) bool {
	return errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrFenced) || errors.Is(err, context.DeadlineExceeded)
}

package dispatch

import (
	"context"
	"errors"
	"time"

	"butlerd/host/store"
)

// Waits between tries to write to a store that cannot be written.
const (
	firstWait = 50 * time.Millisecond
	maxWait   = 5 * time.Second
)

// insist repeats a write while the store is unavailable and ctx is not done:
// nothing that has happened is dropped because a disk was full for a while. The
// failure is logged once, and so is its end. Any other error is returned: to
// repeat what can never succeed would stop everything behind it.
func (d *Dispatcher) insist(ctx context.Context, what string, write func() error) error {
	wait := firstWait
	for failed := false; ; failed = true {
		err := write()
		if err == nil {
			if failed {
				d.opts.Log.Info("store is back", "after", what)
			}
			return nil
		}
		if !errors.Is(err, store.ErrUnavailable) && ctx.Err() == nil {
			return err
		}
		if ctx.Err() != nil {
			d.opts.Log.Error("gave up writing to the store", "doing", what, "err", err)
			return err
		}
		if !failed {
			d.opts.Log.Error("store cannot be written, trying again", "doing", what, "err", err)
		}
		pause(ctx, wait)
		wait = min(2*wait, maxWait)
	}
}

func pause(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"butlerd/host/store"
)

// Waits between tries to write to a store that cannot be written.
const (
	firstWait = 50 * time.Millisecond
	maxWait   = 5 * time.Second
)

// remindEvery is how often the log says that the store is still away.
const remindEvery = time.Minute

// passing tells failures that end by themselves: the store comes back, and so does
// a lease.
func passing(err error) bool {
	return errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrFenced)
}

// insist repeats a write while the store is unavailable and ctx is not done:
// nothing that has happened is dropped because a disk was full for a while. Any
// other error is returned: to repeat what can never succeed would stop everything
// behind it. Before TakeUp every error is returned: whoever starts the host repeats
// the steps of that, and has a limit to its patience.
func (d *Dispatcher) insist(ctx context.Context, what string, write func() error) error {
	failed := false
	defer func() {
		if failed {
			d.outage.end(d.opts.Log, ctx.Err() == nil)
		}
	}()
	for wait := firstWait; ; wait = min(2*wait, maxWait) {
		err := write()
		if err == nil || ctx.Err() == nil && (!passing(err) || !d.isUp()) {
			return err
		}
		if ctx.Err() != nil {
			d.opts.Log.Error("gave up writing to the store", "doing", what, "err", err)
			return err
		}
		if !failed {
			failed = true
			d.outage.begin(d.opts.Log, what, err)
		}
		d.outage.remind(d.opts.Log, what, err)
		pause(ctx, wait)
	}
}

func (d *Dispatcher) isUp() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.up
}

// outage is a time in which the store cannot be written. However many writes wait
// for its end, the log has one line for it, one for each minute that it lasts, and
// one for its end.
type outage struct {
	mu      sync.Mutex
	waiting int
	since   time.Time
	told    time.Time
}

func (o *outage) begin(log *slog.Logger, what string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.waiting++; o.waiting == 1 {
		o.since = time.Now()
		o.told = o.since
		log.Error("store cannot be written, trying again", "doing", what, "err", err)
	}
}

// remind says what is still waited for, and why, if that was not said lately.
func (o *outage) remind(log *slog.Logger, what string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if time.Since(o.told) < remindEvery {
		return
	}
	o.told = time.Now()
	log.Error("store still cannot be written", "doing", what, "waiting", o.waiting, "for", time.Since(o.since).Round(time.Second), "err", err)
}

func (o *outage) end(log *slog.Logger, written bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.waiting--; o.waiting == 0 && written {
		log.Info("store is back", "after", time.Since(o.since).Round(time.Millisecond))
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

// Package upkeep lets go of what is too old to be kept in the ledger: runs with
// their attempts and logs, firings, and versions that are long out of force; and of
// values that have expired in the key-value store.
//
// It deletes little at a time, so that no firing waits for it, and no day that is
// not sealed yet (package audit). What is kept for how long is the configuration's
// to say; how a row is deleted is the store's.
package upkeep

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"butlerd/host/store"
)

// Ledger is what upkeep needs of the store.
type Ledger interface {
	Seals(ctx context.Context) ([]store.Seal, error)
	Cutoff(ctx context.Context, n int64) (time.Time, error)
	Prune(ctx context.Context, p store.Prune) (store.Pruned, error)
	RemoveExpired(ctx context.Context, at time.Time, limit int) (int, error)
}

// Keep says what is kept. The stricter of both counts.
type Keep struct {
	For  time.Duration // 0: for ever
	Runs int64         // that have ended; 0: all
}

// Options are what New needs. All members are required.
type Options struct {
	Ledger Ledger
	Keep   func() Keep // a reload may change it
	Now    func() time.Time
	Log    *slog.Logger
}

// The rhythm of upkeep.
const (
	every = time.Hour
	// batch is how many rows are deleted in one transaction.
	batch = 200
	// rest is how long is waited after a batch, times how long it took: deleting gets
	// a fifth of the store's time at most.
	rest = 4
)

const day = 24 * time.Hour

// Upkeep prunes now and then. Start and Stop are called once.
type Upkeep struct {
	opts Options
	ctx  context.Context
	stop context.CancelFunc
	done chan struct{}
}

// New makes an upkeep that does nothing yet.
func New(o Options) *Upkeep {
	u := &Upkeep{opts: o, done: make(chan struct{})}
	u.ctx, u.stop = context.WithCancel(context.Background())
	return u
}

// Start begins to prune, at once and then every hour.
func (u *Upkeep) Start() { go u.run() }

// Stop ends the pruning and waits for the batch under way.
func (u *Upkeep) Stop() {
	u.stop()
	<-u.done
}

func (u *Upkeep) run() {
	defer close(u.done)
	for {
		if err := u.Prune(u.ctx); err != nil && u.ctx.Err() == nil {
			u.opts.Log.Warn("pruning the ledger, it is tried again in an hour", "err", err)
		}
		if err := u.Expire(u.ctx); err != nil && u.ctx.Err() == nil {
			u.opts.Log.Warn("removing values that have expired, it is tried again in an hour", "err", err)
		}
		if !pause(u.ctx, every) {
			return
		}
	}
}

// Prune deletes all that is too old now.
func (u *Upkeep) Prune(ctx context.Context) error {
	before, err := u.before(ctx)
	if err != nil || before.IsZero() {
		return err
	}
	var total store.Pruned
	for more := true; more; {
		began := time.Now()
		some, err := u.opts.Ledger.Prune(ctx, store.Prune{Before: before, Limit: batch})
		if err != nil {
			return fmt.Errorf("deleting what is older than %s: %w", before.Format(time.DateOnly), err)
		}
		total.Runs, total.Firings = total.Runs+some.Runs, total.Firings+some.Firings
		more = some.More && pause(ctx, rest*time.Since(began))
	}
	if total.Runs+total.Firings > 0 {
		u.opts.Log.Info("ledger pruned", "before", before, "runs", total.Runs, "firings", total.Firings)
	}
	return ctx.Err()
}

// before is the midnight until which everything may go; zero: nothing may.
func (u *Upkeep) before(ctx context.Context) (time.Time, error) {
	keep := u.opts.Keep()
	var before time.Time
	if keep.For > 0 {
		before = u.opts.Now().Add(-keep.For)
	}
	if keep.Runs > 0 {
		cutoff, err := u.opts.Ledger.Cutoff(ctx, keep.Runs)
		if err != nil {
			return time.Time{}, fmt.Errorf("finding how far back the runs go that are kept: %w", err)
		}
		if cutoff.After(before) {
			before = cutoff
		}
	}
	if before.IsZero() {
		return before, nil
	}
	return u.sealed(ctx, before.UTC().Truncate(day))
}

// sealed moves an instant back to the end of the last day that is sealed: what is
// deleted unsealed could not be vouched for any more.
func (u *Upkeep) sealed(ctx context.Context, before time.Time) (time.Time, error) {
	seals, err := u.opts.Ledger.Seals(ctx)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the seals: %w", err)
	}
	if len(seals) == 0 {
		return time.Time{}, nil
	}
	if end := seals[len(seals)-1].Day.Add(day); end.Before(before) {
		return end, nil
	}
	return before, nil
}

// pause waits, and says whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

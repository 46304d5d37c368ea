package host_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// lent is a store that one life of a host has: it can be away, and for a host that
// was killed it is gone. What the host closes is open still.
type lent struct {
	store.Store
	away, gone atomic.Bool
	joined     func(id string)
}

var errGone = errors.New("this host was killed")

func (l *lent) fails() error {
	switch {
	case l.gone.Load():
		return errGone
	case l.away.Load():
		return fmt.Errorf("%w: it is away", store.ErrUnavailable)
	}
	return nil
}

// asked passes a call on, unless the store fails.
func asked[T any](l *lent, do func() (T, error)) (T, error) {
	if err := l.fails(); err != nil {
		var none T
		return none, err
	}
	return do()
}

func (l *lent) Close() error                   { return nil }
func (l *lent) Ping(ctx context.Context) error { return errors.Join(l.fails(), l.Store.Ping(ctx)) }

func (l *lent) Schedules(ctx context.Context) ([]store.Schedule, error) {
	return asked(l, func() ([]store.Schedule, error) { return l.Store.Schedules(ctx) })
}

func (l *lent) Change(ctx context.Context, c []store.Change) ([]store.Schedule, error) {
	return asked(l, func() ([]store.Schedule, error) { return l.Store.Change(ctx, c) })
}

func (l *lent) Versions(ctx context.Context, since time.Time) ([]store.Version, error) {
	return asked(l, func() ([]store.Version, error) { return l.Store.Versions(ctx, since) })
}

func (l *lent) Claim(ctx context.Context, c store.Claim) ([]store.Claimed, error) {
	return asked(l, func() ([]store.Claimed, error) { return l.Store.Claim(ctx, c) })
}

func (l *lent) Miss(ctx context.Context, f []run.Firing) (int, error) {
	return asked(l, func() (int, error) { return l.Store.Miss(ctx, f) })
}

func (l *lent) SettledUntil(ctx context.Context) (time.Time, error) {
	return asked(l, func() (time.Time, error) { return l.Store.SettledUntil(ctx) })
}

func (l *lent) Settled(ctx context.Context, id string, until time.Time) error {
	return errors.Join(l.fails(), l.ifThere(func() error { return l.Store.Settled(ctx, id, until) }))
}

func (l *lent) ifThere(do func() error) error {
	if l.fails() != nil {
		return nil
	}
	return do()
}

func (l *lent) Trigger(ctx context.Context, t store.Trigger) (r run.Run, made bool, err error) {
	if err := l.fails(); err != nil {
		return r, false, err
	}
	return l.Store.Trigger(ctx, t)
}

func (l *lent) Take(ctx context.Context, t store.Take) ([]run.Run, error) {
	return asked(l, func() ([]run.Run, error) { return l.Store.Take(ctx, t) })
}

func (l *lent) End(ctx context.Context, e store.AttemptEnd) (bool, error) {
	return asked(l, func() (bool, error) { return l.Store.End(ctx, e) })
}

func (l *lent) Abandon(ctx context.Context, a store.Abandon) (bool, error) {
	return asked(l, func() (bool, error) { return l.Store.Abandon(ctx, a) })
}

func (l *lent) Log(ctx context.Context, id string, e []run.LogEntry) error {
	return errors.Join(l.fails(), l.ifThere(func() error { return l.Store.Log(ctx, id, e) }))
}

func (l *lent) Join(ctx context.Context, h store.Host) (store.Joined, error) {
	return asked(l, func() (store.Joined, error) {
		l.joined(h.ID)
		return l.Store.Join(ctx, h)
	})
}

func (l *lent) Leave(ctx context.Context, id string, at time.Time) ([]run.Run, error) {
	return asked(l, func() ([]run.Run, error) { return l.Store.Leave(ctx, id, at) })
}

func (l *lent) Hold(ctx context.Context, h store.Hold) (store.Hold, error) {
	return asked(l, func() (store.Hold, error) { return l.Store.Hold(ctx, h) })
}

func (l *lent) Release(ctx context.Context, id string, at time.Time, by string) (store.Hold, error) {
	return asked(l, func() (store.Hold, error) { return l.Store.Release(ctx, id, at, by) })
}

func (l *lent) Holds(ctx context.Context, since time.Time) ([]store.Hold, error) {
	return asked(l, func() ([]store.Hold, error) { return l.Store.Holds(ctx, since) })
}

func (l *lent) Expire(ctx context.Context, id string, at time.Time) ([]run.Run, error) {
	return asked(l, func() ([]run.Run, error) { return l.Store.Expire(ctx, id, at) })
}

func (l *lent) NextAt(ctx context.Context, t time.Time) (time.Time, error) {
	return asked(l, func() (time.Time, error) { return l.Store.NextAt(ctx, t) })
}

func (l *lent) Unfollowed(ctx context.Context, n int) ([]run.Run, error) {
	return asked(l, func() ([]run.Run, error) { return l.Store.Unfollowed(ctx, n) })
}

func (l *lent) Followed(ctx context.Context, ids []string) error {
	return errors.Join(l.fails(), l.ifThere(func() error { return l.Store.Followed(ctx, ids) }))
}

func (l *lent) Checkpoint(ctx context.Context, c store.Checkpoint) (bool, error) {
	return asked(l, func() (bool, error) { return l.Store.Checkpoint(ctx, c) })
}

func (l *lent) Runs(ctx context.Context, q store.RunQuery) (store.RunPage, error) {
	return asked(l, func() (store.RunPage, error) { return l.Store.Runs(ctx, q) })
}

func (l *lent) Firings(ctx context.Context, q store.FiringQuery) ([]run.Firing, error) {
	return asked(l, func() ([]run.Firing, error) { return l.Store.Firings(ctx, q) })
}

func (l *lent) Run(ctx context.Context, id string) (r run.Run, list []run.Attempt, err error) {
	if err := l.fails(); err != nil {
		return r, nil, err
	}
	return l.Store.Run(ctx, id)
}

func (l *lent) Seal(ctx context.Context, s store.Seal) error {
	return errors.Join(l.fails(), l.ifThere(func() error { return l.Store.Seal(ctx, s) }))
}

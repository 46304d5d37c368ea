package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// Margin is how long after its end a day is sealed: what was dated in it is written
// by then.
const Margin = time.Hour

// Sealable is what a Sealer needs of a store.
type Sealable interface {
	Seals
	dayLister
	Settlements(ctx context.Context, q store.SettlementQuery) ([]run.Firing, error)
	Versions(ctx context.Context, since time.Time) ([]store.Version, error)
	KeptSince(ctx context.Context) (time.Time, error)
}

// Seals keeps the seals.
type Seals interface {
	Seals(ctx context.Context) ([]store.Seal, error)
	Seal(ctx context.Context, s store.Seal) error
}

// SealerOptions are what NewSealer needs. All members are required.
type SealerOptions struct {
	Store Sealable
	Now   func() time.Time // the clock of all hosts of the store
	Log   *slog.Logger
}

// Sealer seals each day, in UTC, when it is over. Every host of a store has one: the
// first to seal a day has sealed it for all.
type Sealer struct {
	opts SealerOptions

	lifecycle sync.Mutex // guards what follows
	stop      context.CancelFunc
	done      chan struct{}
}

// NewSealer makes a sealer that does not seal yet.
func NewSealer(o SealerOptions) *Sealer { return &Sealer{opts: o} }

// Start begins to seal: first the days that nobody was there for. It is repeatable.
func (s *Sealer) Start() {
	s.lifecycle.Lock()
	defer s.lifecycle.Unlock()
	if s.stop != nil {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop, s.done = stop, make(chan struct{})
	go s.run(ctx, s.done)
}

// Stop ends the sealing and waits for a seal under way. It is repeatable.
func (s *Sealer) Stop() {
	s.lifecycle.Lock()
	defer s.lifecycle.Unlock()
	if s.stop == nil {
		return
	}
	s.stop()
	<-s.done
	s.stop, s.done = nil, nil
}

// retryAfter is how long the sealer waits when the store cannot be written.
const retryAfter = 5 * time.Minute

func (s *Sealer) run(ctx context.Context, done chan<- struct{}) {
	defer close(done)
	for {
		wait := retryAfter
		if n, err := s.Seal(ctx); err == nil {
			now := s.opts.Now()
			wait = nextDay(Day(now.Add(-Margin))).Add(Margin).Sub(now)
			s.tell(n)
		} else if ctx.Err() == nil {
			s.opts.Log.Warn("sealing the ledger", "err", err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

func (s *Sealer) tell(days int) {
	if days > 0 {
		s.opts.Log.Info("ledger sealed", "days", days)
	}
}

// Seal seals the days that are over, the oldest first, and says how many it has
// sealed.
func (s *Sealer) Seal(ctx context.Context) (sealed int, err error) {
	for {
		day, previous, err := s.next(ctx)
		if err != nil || day.IsZero() {
			return sealed, err
		}
		seal := store.Seal{Day: day, Previous: previous}
		if err := s.fill(ctx, &seal); err != nil {
			return sealed, err
		}
		err = s.opts.Store.Seal(ctx, seal)
		switch {
		case err == nil:
			sealed++
		case errors.Is(err, store.ErrExists), errors.Is(err, store.ErrStale):
			// Another host was faster. It goes on from there, if that is so.
			if again, _, nextErr := s.next(ctx); nextErr != nil || again.Equal(day) {
				return sealed, errors.Join(fmt.Errorf("sealing %s: %w", day.Format(dayLayout), err), nextErr)
			}
		default:
			return sealed, fmt.Errorf("sealing %s: %w", day.Format(dayLayout), err)
		}
	}
}

// next is the day to be sealed next, with the hash of the seal before; zero when
// there is none yet.
func (s *Sealer) next(ctx context.Context) (day time.Time, previous string, err error) {
	seals, err := s.opts.Store.Seals(ctx)
	if err != nil {
		return day, "", fmt.Errorf("reading the seals: %w", err)
	}
	over := Day(s.opts.Now().Add(-Margin)) // days before this one are
	if len(seals) == 0 {
		day, err = s.first(ctx, over)
	} else {
		last := seals[len(seals)-1]
		day, previous = nextDay(last.Day), last.Hash
	}
	if err != nil || !day.Before(over) {
		return time.Time{}, "", err
	}
	return day, previous, nil
}

// first is the day of the first settlement that is kept, if it is before a day; else
// that day. Settlements are not listed by when they were settled: it is found by
// halving the time since the first schedule was made.
func (s *Sealer) first(ctx context.Context, over time.Time) (time.Time, error) {
	low, err := s.earliest(ctx)
	if err != nil || low.IsZero() {
		return over, err
	}
	high := over
	for low.Before(high) {
		middle := Day(low.Add(high.Sub(low) / 2))
		some, err := s.opts.Store.Settlements(ctx, store.SettlementQuery{SettledTo: nextDay(middle), Limit: 1})
		if err != nil {
			return over, fmt.Errorf("looking for the first settlement: %w", err)
		}
		if len(some) > 0 {
			high = middle
		} else {
			low = nextDay(middle)
		}
	}
	return high, nil
}

// earliest is the first day that may have settlements, and is wholly kept; zero when
// none may.
func (s *Sealer) earliest(ctx context.Context) (time.Time, error) {
	versions, err := s.opts.Store.Versions(ctx, time.Time{})
	if err != nil || len(versions) == 0 {
		return time.Time{}, err
	}
	kept, err := s.opts.Store.KeptSince(ctx)
	if err != nil {
		return time.Time{}, err
	}
	since := versions[0].Since
	for _, v := range versions {
		if v.Since.Before(since) {
			since = v.Since
		}
	}
	if !kept.IsZero() && !kept.Equal(Day(kept)) {
		kept = nextDay(Day(kept))
	}
	return later(Day(since), kept), nil
}

// fill computes the hash of a day.
func (s *Sealer) fill(ctx context.Context, seal *store.Seal) error {
	t := newTape()
	if err := eachOf(ctx, s.opts.Store, seal.Day, t.add); err != nil {
		return fmt.Errorf("reading the firings of %s: %w", seal.Day.Format(dayLayout), err)
	}
	seal.Count, seal.Hash, seal.SealedAt = t.count, t.hash(seal.Day, seal.Previous), s.opts.Now().UTC()
	return nil
}

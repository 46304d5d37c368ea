package lease

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"butlerd/host/run"
	"butlerd/host/store"
)

// Owner is the host that a lease is kept for. Its methods are called one at a
// time, but for Lost.
type Owner interface {
	// Report is what the other hosts are told.
	Report() store.Report
	// Renewed hears that the lease is good for so long. It waits no longer than ctx.
	Renewed(ctx context.Context, validFor time.Duration)
	// Lost hears that the lease is lost, or may be: all that is executed has to end
	// at once. It must not wait, and may be called at any time.
	Lost()
	// Regained hears, before anything is executed again, that a lease that was lost
	// is held again. It waits for what was executed to end, but no longer than ctx.
	Regained(ctx context.Context)
	// Joined hears that the host has a new id. It must not wait.
	Joined()
	// Ended hears of runs that were settled because their hosts are gone.
	Ended(runs []run.Run)
	// News takes over what other hosts did.
	News(ctx context.Context) error
}

// Options are what New needs.
type Options struct {
	Hosts store.Hosts
	// Shared is nil for a store of one host.
	Shared store.Shared
	Name   string // of the host, for people
	// KeepFor is how long ago a run may have been made that is started still, after a
	// time in which no host was there.
	KeepFor time.Duration
	Owner   Owner
	// Now is the clock that counts where the store has none; nil: the machine's.
	Now func() time.Time
	Log *slog.Logger
}

// Keeper keeps the lease of one host. Its methods are safe for concurrent use.
type Keeper struct {
	opts  Options
	clock clock

	life context.Context // ends with Stop
	end  context.CancelFunc
	work sync.WaitGroup

	polling sync.Mutex // one poll at a time
	notify  sync.Mutex // one call of the owner at a time

	mu     sync.Mutex
	hostID string
	term   term
	lost   bool // the owner was told
	since  time.Time
}

// New makes a keeper that has not joined.
func New(o Options) *Keeper {
	k := &Keeper{opts: o, clock: clock{own: o.Now}}
	k.life, k.end = context.WithCancel(context.Background())
	return k
}

// Join takes the first lease.
func (k *Keeper) Join(ctx context.Context) (store.Joined, error) {
	joined, publish, err := k.join(ctx)
	if err == nil {
		publish()
	}
	return joined, err
}

// join takes a lease, which counts when it is published.
func (k *Keeper) join(ctx context.Context) (joined store.Joined, publish func(), err error) {
	id, asked := uuid.NewString(), time.Now()
	joined, err = k.opts.Hosts.Join(ctx, store.Host{
		ID: id, Name: k.opts.Name, Report: k.opts.Owner.Report(), KeepSince: k.Now().UTC().Add(-k.opts.KeepFor),
	})
	if err != nil {
		return joined, nil, fmt.Errorf("joining the store: %w", err)
	}
	k.clock.adjust(asked, joined.Lease.Now)
	return joined, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.hostID, k.lost, k.since = id, false, asked
		k.term = newTerm(asked, joined.Lease.For)
	}, nil
}

// Start begins to renew the lease and to take over. For a store of one host there
// is nothing to do.
func (k *Keeper) Start() {
	lasts := k.lasts()
	if lasts == 0 {
		return
	}
	k.tellRenewed(newTerm(time.Now(), k.validFor()))
	k.work.Go(func() { k.every(lasts/4, k.renew) })
	k.work.Go(func() { k.every(max(lasts/10, 100*time.Millisecond), k.takeOver) })
	k.work.Go(func() { k.guard(lasts / 20) })
}

// Follow begins to look for what other hosts do. It comes after Start, when the
// owner has taken up what there was before.
func (k *Keeper) Follow() {
	if k.lasts() != 0 {
		k.work.Go(k.watch)
	}
}

// lasts is how long a lease lasts; zero for one that does not end.
func (k *Keeper) lasts() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.opts.Shared == nil {
		return 0
	}
	return k.term.lasts
}

// Stop ends what Start began. The lease stays until Leave.
func (k *Keeper) Stop() {
	k.end()
	k.work.Wait()
}

// Leave gives the lease back and returns the runs that were settled because no
// host is left.
func (k *Keeper) Leave(ctx context.Context) ([]run.Run, error) {
	k.mu.Lock()
	id := k.hostID
	k.hostID = ""
	k.mu.Unlock()
	ended, err := k.opts.Hosts.Leave(ctx, id, k.Now().UTC())
	if err != nil {
		return nil, fmt.Errorf("leaving the store: %w", err)
	}
	return ended, nil
}

// Held is the id that the host acts under. It returns false while it holds no
// lease, or cannot be sure that it does.
func (k *Keeper) Held() (hostID string, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.hostID, k.hostID != "" && k.term.left() > 0
}

// HostID is the id of the latest lease.
func (k *Keeper) HostID() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.hostID
}

// Now is the clock of all hosts of the store.
func (k *Keeper) Now() time.Time { return k.clock.now() }

// every calls do at once, and again whenever so much time has passed, until Stop.
func (k *Keeper) every(interval time.Duration, do func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		do()
		select {
		case <-k.life.Done():
			return
		case <-ticker.C:
		}
	}
}

// renew extends the lease, or takes a new one when it was taken away.
func (k *Keeper) renew() {
	id, lasts := k.HostID(), k.lasts()
	ctx, cancel := context.WithTimeout(k.life, lasts/2)
	defer cancel()
	asked := time.Now()
	lease, err := k.opts.Shared.Renew(ctx, id, k.opts.Owner.Report())
	switch {
	case err == nil:
		k.renewed(asked, lease)
	case errors.Is(err, store.ErrFenced):
		k.lose("it was taken over")
		k.rejoin(ctx)
	case k.life.Err() == nil:
		k.opts.Log.Warn("renewing the lease", "host", id, "left", k.validFor(), "err", err)
	}
}

func (k *Keeper) renewed(asked time.Time, lease store.Lease) {
	moved := k.clock.adjust(asked, lease.Now)
	term := newTerm(asked, lease.For)
	again := k.isLost()
	if again {
		k.regain(term)
	} else {
		k.tellRenewed(term)
	}
	k.mu.Lock()
	if again || k.term.left() <= 0 || moved.Abs() > lease.For/10 {
		// There was a gap, or the store's clock is another one: the other hosts may
		// not have had the time to renew.
		k.since = asked
	}
	k.lost, k.term = false, term
	k.mu.Unlock()
	if again {
		k.opts.Log.Info("lease held again", "host", k.HostID())
	}
}

func (k *Keeper) rejoin(ctx context.Context) {
	asked := time.Now()
	joined, publish, err := k.join(ctx)
	if err != nil {
		k.opts.Log.Error("taking a new lease", "err", err)
		return
	}
	k.regain(newTerm(asked, joined.Lease.For))
	publish()
	k.opts.Log.Warn("joined again", "host", k.HostID())
	k.tell(func() {
		k.opts.Owner.Ended(joined.Ended)
		k.opts.Owner.Joined()
	})
}

// regain prepares the owner for a term that begins after a loss, before anything
// is executed under it.
func (k *Keeper) regain(t term) {
	k.tell(func() {
		ctx, cancel := context.WithTimeout(k.life, t.lasts/4)
		defer cancel()
		k.opts.Owner.Regained(ctx)
	})
	k.tellRenewed(t)
}

// tellRenewed tells the owner how long a term is good, and waits for it only a
// little: the next renewal must not be late.
func (k *Keeper) tellRenewed(t term) {
	k.tell(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(k.life), t.lasts/10)
		defer cancel()
		k.opts.Owner.Renewed(ctx, t.left())
	})
}

func (k *Keeper) isLost() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.lost
}

// lose tells the owner, once, that the lease is lost.
func (k *Keeper) lose(why string) {
	k.mu.Lock()
	first := !k.lost
	k.lost = true
	k.term.end()
	id := k.hostID
	k.mu.Unlock()
	if first {
		k.opts.Log.Error("lease lost: what is executed is ended", "host", id, "because", why)
		k.opts.Owner.Lost()
	}
}

// loseIfOver is lose for a term that has run out, and was not renewed as that was
// noticed.
func (k *Keeper) loseIfOver() {
	k.mu.Lock()
	over := k.term.left() <= 0
	if over {
		k.term.end()
	}
	k.mu.Unlock()
	if over {
		k.lose("it could not be renewed in time")
	}
}

func (k *Keeper) tell(what func()) {
	k.notify.Lock()
	defer k.notify.Unlock()
	what()
}

// Left is how long the lease is good from now on; false for one that does not end.
func (k *Keeper) Left() (time.Duration, bool) {
	left := k.validFor()
	return left, left != noEnd
}

func (k *Keeper) validFor() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.term.left()
}

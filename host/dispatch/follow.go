package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// Outbox is where it is kept which runs have ended and are to be followed.
type Outbox interface {
	Unfollowed(ctx context.Context, limit int) ([]run.Run, error)
	Followed(ctx context.Context, runIDs []string) error
	Firings(ctx context.Context, q store.FiringQuery) ([]run.Firing, error)
}

// followLimit is how many ended runs are followed in one go.
const followLimit = 100

// How often it is looked for ended runs that nobody told of: those that another host
// ended, and died; and, where there is none, of which something could not be done.
const (
	followEvery = 30 * time.Second
	followAlone = time.Hour
)

// Follower does what is to be done when runs have ended. A run is followed at least
// once, and what is made for it has a key, so that it is made once. Any number of
// hosts may follow.
type Follower struct {
	d          *Dispatcher
	log        *slog.Logger
	stop, done chan struct{}
	tries      map[string]int // of runs of which something failed that will not pass
	left       int            // how many runs the last look has left, for later or for others
}

// NewFollower makes a follower that does nothing yet.
func NewFollower(d *Dispatcher) *Follower {
	return &Follower{d: d, log: d.opts.Log, tries: map[string]int{}, stop: make(chan struct{}), done: make(chan struct{})}
}

// Start begins to follow: first what an earlier life has left. It is called once.
func (f *Follower) Start() { go f.run() }

// Stop ends the following. The dispatcher must have been told to Refuse, or a store
// that is away is waited for. What is not followed then is left to other hosts, or to
// the next life.
func (f *Follower) Stop() {
	close(f.stop)
	<-f.done
}

func (f *Follower) run() {
	defer close(f.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-f.stop:
			return
		case <-f.d.runsEnded:
		case <-timer.C:
		}
		err := errors.Join(f.d.TellMissed(f.d.takeMissed()), f.all())
		if err != nil && f.d.asking.Err() == nil {
			f.log.Error("following runs that have ended", "err", err)
		}
		timer.Reset(f.rest(err))
	}
}

// rest is how long to wait for the next look.
func (f *Follower) rest(err error) time.Duration {
	if err == nil && f.left == 0 && f.d.opts.Neighbours == nil {
		return followAlone
	}
	return followEvery
}

// toFollow says that a run has ended that may have to be followed.
func (d *Dispatcher) toFollow() {
	select {
	case d.runsEnded <- struct{}{}:
	default: // the follower was told already
	}
}

package dispatch

import (
	"context"
	"sync"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// maxNap is how long the timekeeper sleeps at most. A timer sees no step of the
// clock, and other hosts make runs wait too, and holds.
const maxNap = 30 * time.Second

// longNap is maxNap where nothing waits and no other host makes anything wait.
const longNap = time.Hour

// nap is how long the timekeeper sleeps at most. Where runs wait, they are tried to be
// taken before, if they were not just now.
func (d *Dispatcher) nap(woken bool) time.Duration {
	page, err := d.opts.Ledger.Runs(d.asking, store.RunQuery{States: []run.State{run.Waiting}, Limit: 1})
	waits := err == nil && len(page.Runs) > 0
	if waits && !woken {
		d.WakeAll()
	}
	if waits || err != nil || d.opts.Neighbours != nil {
		return maxNap
	}
	return longNap
}

// Timekeeper has runs that wait taken when their time has come, and ends those that
// have waited for too long. Any number of hosts may do so: a run is taken once, and
// ended once.
type Timekeeper struct {
	dispatcher *Dispatcher
	stop, done chan struct{}
	handled    time.Time // all is done that was due until then
}

// NewTimekeeper makes a timekeeper that does nothing yet.
func NewTimekeeper(d *Dispatcher) *Timekeeper {
	return &Timekeeper{dispatcher: d, stop: make(chan struct{}), done: make(chan struct{})}
}

// Start begins to keep time. It is called once.
func (k *Timekeeper) Start() { go k.run() }

// Stop ends the keeping of time. The dispatcher must have been told to Refuse, or a
// store that is away is waited for.
func (k *Timekeeper) Stop() {
	close(k.stop)
	<-k.done
}

func (k *Timekeeper) run() {
	defer close(k.done)
	if k.dispatcher.opts.Queue == nil {
		<-k.stop
		return
	}
	for k.sleep(k.pass()) {
	}
}

// pass does what is due, and returns until when there is nothing to do.
func (k *Timekeeper) pass() time.Time {
	d := k.dispatcher
	for woken := false; ; woken = true {
		asked := d.alarm.take() // what is asked from now on may not be in the answer
		if now := d.now(); now.Before(k.handled) {
			k.handled = now // the clock was set back
		}
		next, err := d.nextAt(k.handled)
		now := d.now()
		if err == nil {
			var end time.Time
			end, err = d.holdEnds(k.handled, now)
			next = earliest(next, end)
		}
		switch {
		case err != nil:
			return now.Add(maxWait)
		case !reached(asked, now) && !reached(next, now):
			return earliest(next, now.Add(d.nap(woken)))
		}
		if err := d.expire(d.asking, now); err != nil {
			return now.Add(maxWait)
		}
		d.WakeAll()
		k.handled = now
	}
}

func reached(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }

// earliest is the first of two instants, of which the zero one is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// sleep waits until an instant, or until the alarm goes off before. It returns false
// when there is nothing to be done any more.
func (k *Timekeeper) sleep(until time.Time) bool {
	d := k.dispatcher
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		until = earliest(until, d.alarm.time())
		left := until.Sub(d.now())
		if left <= 0 {
			return true
		}
		timer.Reset(left)
		select {
		case <-k.stop:
			return false
		case <-timer.C:
		case <-d.alarm.poke:
		}
	}
}

// nextAt asks when a waiting run becomes ready, or is to be given up.
func (d *Dispatcher) nextAt(after time.Time) (next time.Time, err error) {
	err = d.insist(d.asking, "looking for what is to be done next", func() error {
		next, err = d.opts.Queue.NextAt(d.asking, after)
		return err
	})
	if err != nil && d.asking.Err() == nil {
		d.opts.Log.Error("looking for what is to be done next", "err", err)
	}
	return next, err
}

// expire ends what has waited for too long.
func (d *Dispatcher) expire(ctx context.Context, at time.Time) error {
	var ended []run.Run
	err := d.insist(ctx, "ending runs that waited for too long", func() (err error) {
		hostID, ok := d.opts.Lease.Held()
		if !ok {
			return store.ErrFenced
		}
		ended, err = d.opts.Queue.Expire(ctx, hostID, at)
		return err
	})
	if err != nil && ctx.Err() == nil {
		d.opts.Log.Error("ending runs that waited for too long", "err", err)
	}
	for _, r := range ended {
		d.tellEnd(r)
	}
	return err
}

// TakeUp ends what has waited for too long while no host was there, then takes the
// runs that wait: retries, lost attempts to be looked for, runs without a slot. It
// comes when the schedules in force are known, for a run without one is cancelled, and
// before anything fires, so that these come first.
func (d *Dispatcher) TakeUp(ctx context.Context) error {
	if d.opts.Queue != nil {
		if err := d.expire(ctx, d.now()); err != nil {
			return err
		}
	}
	d.mu.Lock()
	d.up = true
	d.mu.Unlock()
	d.WakeAll()
	return nil
}

// await has the timekeeper look after a run that waits. It looks again before long:
// when it last looked there may have been nothing that waits, see longNap.
func (d *Dispatcher) await(r run.Run) {
	d.alarm.set(d.now().Add(maxNap))
	if r.ReadyAt.IsZero() {
		d.Wake(r.Plugin)
	} else {
		d.alarm.set(r.ReadyAt)
	}
	if !r.WaitUntil.IsZero() {
		d.alarm.set(r.WaitUntil)
	}
}

// alarm is the earliest instant that the timekeeper was asked to wake at.
type alarm struct {
	poke chan struct{} // has one place: the instant is an earlier one now

	mu sync.Mutex
	at time.Time // zero: none
}

func (a *alarm) set(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.at.IsZero() && !at.Before(a.at) {
		return
	}
	a.at = at
	select {
	case a.poke <- struct{}{}:
	default: // it was told already
	}
}

func (a *alarm) time() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.at
}

// take returns the instant and forgets it.
func (a *alarm) take() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := a.at
	a.at = time.Time{}
	return at
}

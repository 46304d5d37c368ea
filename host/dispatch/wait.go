package dispatch

import (
	"context"
	"slices"
	"time"

	"butlerd/host/run"
)

// lookAgain is how often it is looked at the ledger for a run that somebody waits for
// here: it may go on, and end, on another host.
const lookAgain = 2 * time.Second

// lookTimeout bounds one such look.
const lookTimeout = 5 * time.Second

// wait is somebody who waits for a run.
type wait struct {
	runID    string
	news     chan struct{} // has one place: there may be something to know
	accepted bool          // guarded by the dispatcher's mutex
}

// waitFor begins to wait for a run. It is to be ended with leave.
func (d *Dispatcher) waitFor(runID string) *wait {
	w := &wait{runID: runID, news: make(chan struct{}, 1)}
	d.mu.Lock()
	defer d.mu.Unlock()
	if a := d.open[runID]; a != nil {
		w.accepted = a.accepted
	}
	d.waits[runID] = append(d.waits[runID], w)
	return w
}

func (d *Dispatcher) leave(w *wait) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waits[w.runID] = slices.DeleteFunc(d.waits[w.runID], func(other *wait) bool { return other == w })
	if len(d.waits[w.runID]) == 0 {
		delete(d.waits, w.runID)
	}
}

// accept notes that what an attempt asks for was accepted.
func (d *Dispatcher) accept(a *attempt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a.accepted = true
	d.vacate(a)
	for _, w := range d.waits[a.run.ID] {
		w.accepted = true
		w.wake()
	}
}

// tellWaits has those look again who wait for a run.
func (d *Dispatcher) tellWaits(runID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, w := range d.waits[runID] {
		w.wake()
	}
}

func (w *wait) wake() {
	select {
	case w.news <- struct{}{}:
	default: // it was told already
	}
}

// awaitMilestone waits for a run until a milestone, until ctx is done, or until the
// dispatcher has stopped.
func (d *Dispatcher) awaitMilestone(ctx context.Context, w *wait, p Performed, until Milestone) (Performed, error) {
	if !p.Run.State.Open() { // it has ended before it was asked for again
		p = d.look(ctx, p)
	}
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for {
		if d.note(w, &p); p.reached(until) {
			return p, nil
		}
		select {
		case <-w.news:
		case <-again.C:
		case <-ctx.Done():
			d.note(w, &p)
			return p, nil
		case <-d.waiting.Done():
			p = d.look(ctx, p)
			if d.note(w, &p); p.reached(until) {
				return p, nil
			}
			return p, ErrStopping
		}
		if d.note(w, &p); !p.reached(until) {
			p = d.look(ctx, p)
		}
	}
}

// reached says whether it need not be waited any longer.
func (p Performed) reached(until Milestone) bool {
	return !p.Run.State.Open() || until == UntilAccepted && p.Accepted
}

func (d *Dispatcher) note(w *wait, p *Performed) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p.Accepted = p.Accepted || w.accepted
}

// look reads what has become of a run. While the ledger cannot be read, nothing new
// is known; whoever waits is told when its time is over.
func (d *Dispatcher) look(ctx context.Context, p Performed) Performed {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	r, attempts, err := d.opts.Ledger.Run(ctx, p.Run.ID)
	if err != nil {
		d.opts.Log.Debug("looking at a run that is waited for", "run", p.Run.ID, "err", err)
		return p
	}
	p.Run = r
	if !r.State.Open() && len(attempts) > 0 {
		p.Result = attempts[len(attempts)-1].Result
	}
	p.Accepted = p.Accepted || r.State == run.Succeeded
	return p
}

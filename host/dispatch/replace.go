package dispatch

import (
	"context"
	"errors"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// replaceTimeout bounds one try to end a run that is replaced.
const replaceTimeout = 10 * time.Second

// replace ends a run in whose place a later firing was claimed, which waits for that.
// Should this be lost, with this host or with the order to another, the host that
// executes it finds out by itself: see yield.
func (d *Dispatcher) replace(r run.Run) {
	switch {
	case !r.State.Open():
		d.tellEnd(r) // it waited for its first attempt, and was ended by the claim
		return
	case d.endHere(r.ID, run.CauseReplaced):
		return
	}
	d.endSoon(r.ID, run.CauseReplaced) // it may be about to begin here
	d.chores.Go(func() {
		ctx, cancel := context.WithTimeout(d.asking, replaceTimeout)
		defer cancel()
		if err := d.replaceElsewhere(ctx, r.ID); err != nil && d.asking.Err() == nil {
			d.opts.Log.Warn("asking for the end of a run that is replaced", "run", r.ID, "err", err)
		}
	})
}

// replaceElsewhere ends a run that waits for another attempt, or asks the host that
// executes it.
func (d *Dispatcher) replaceElsewhere(ctx context.Context, runID string) error {
	done, err := d.abandon(ctx, runID, run.Cancelled, run.ReasonReplaced)
	if err != nil || done || d.opts.Neighbours == nil {
		return err
	}
	err = d.opts.Neighbours.Order(ctx, store.Order{Kind: store.OrderReplace, RunID: runID})
	if errors.Is(err, store.ErrNotFound) {
		return nil // it has ended
	}
	return err
}

// ReplaceSoon asks a run to end that this host executes, or is about to: a later
// firing replaces it.
func (d *Dispatcher) ReplaceSoon(runID string) { d.endAsked(runID, run.CauseReplaced) }

// yield ends what this host executes and a waiting run is there to replace. The host
// that claimed that one has asked for it, unless it died, or its order was lost.
func (d *Dispatcher) yield(waiting []run.Run) {
	for _, w := range waiting {
		if w.Trigger != run.ByFiring || w.Step != "" || w.Attempts > 0 || d.now().Sub(w.CreatedAt) < SweepEvery {
			continue
		}
		for _, r := range d.executingOf(w.ScheduleID) {
			if replaces(w, r) {
				d.endHere(r.ID, run.CauseReplaced)
			}
		}
	}
}

// replaces says whether a waiting run of a schedule that replaces was made later than
// another run of it.
func replaces(w, r run.Run) bool { return w.ID != r.ID && w.CreatedAt.After(r.CreatedAt) }

// executingOf are the runs of a schedule's own action that this host executes, if the
// schedule has later firings replace them.
func (d *Dispatcher) executingOf(scheduleID string) []run.Run {
	d.mu.Lock()
	defer d.mu.Unlock()
	var runs []run.Run
	for _, a := range d.open {
		if a.run.ScheduleID == scheduleID && a.run.Step == "" && a.job.Definition.Overlap == schedule.OverlapReplace {
			runs = append(runs, a.run)
		}
	}
	return runs
}

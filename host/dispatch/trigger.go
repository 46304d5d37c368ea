package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"butlerd/host/plugin"
	"butlerd/host/run"
	"butlerd/host/store"
)

// ErrNotOpen is returned for a run that has ended, or that another host
// executes.
var ErrNotOpen = errors.New("the run is not open")

// Request asks for a run of a schedule, now.
type Request struct {
	ScheduleID string
	By         string // who asks
	Key        string // the same key for the same schedule gives the same run; empty: always a new one
}

// Trigger makes a run that no firing asked for. It does not shift the schedule's
// firings, and the overlap policy does not apply to it. When a run with the same
// key is there already, that one is returned and made is false.
func (d *Dispatcher) Trigger(ctx context.Context, q Request) (r run.Run, made bool, err error) {
	job, ok := d.opts.Schedules.Job(q.ScheduleID)
	if !ok && d.opts.Neighbours != nil { // another host may have made it just now
		if err := d.opts.Neighbours.Sync(ctx); err != nil {
			return run.Run{}, false, err
		}
		job, ok = d.opts.Schedules.Job(q.ScheduleID)
	}
	if !ok {
		return run.Run{}, false, fmt.Errorf("schedule %q: %w", q.ScheduleID, store.ErrNotFound)
	}
	if d.isStopping() {
		return run.Run{}, false, ErrStopping
	}
	hostID, held := d.opts.Lease.Held()
	if !held {
		return run.Run{}, false, store.ErrFenced
	}
	d.handing.RLock()
	defer d.handing.RUnlock()
	start := job.Here && d.reserve(job.Plugin)
	r, made, err = d.opts.Ledger.Trigger(ctx, store.Trigger{Run: asked(q, job, d.now()), HostID: hostID, Start: start})
	if start && (err != nil || !made) {
		d.release(job.Plugin, 1)
	}
	if err != nil || !made {
		return r, false, err
	}
	d.opts.Log.Info("run asked for", "run", r.ID, "schedule", r.ScheduleID, "by", q.By)
	if !d.proceed(pending{run: r, job: job, hostID: hostID}) {
		d.Wake(job.Plugin)
	}
	return r, true, nil
}

func asked(q Request, job Job, now time.Time) run.Run {
	return run.Run{
		ID:             newRunID(),
		ScheduleID:     q.ScheduleID,
		ScheduleName:   job.Definition.Name,
		Trigger:        run.ByAPI,
		By:             q.By,
		IdempotencyKey: q.Key,
		DueAt:          now,
		CreatedAt:      now,
		Action:         job.Definition.Action.Type,
		Plugin:         job.Plugin,
	}
}

func (d *Dispatcher) isStopping() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stopping
}

// Cancel asks a run to end. A waiting run ends at once; one that is executed ends
// when its plugin has said how, be it here or on another host.
func (d *Dispatcher) Cancel(ctx context.Context, runID string) error {
	if d.CancelHere(runID) {
		return nil
	}
	done, err := d.abandon(ctx, runID, run.Cancelled, run.ReasonCancelled)
	if err != nil {
		return err
	}
	if done {
		return nil
	}
	if d.opts.Neighbours == nil {
		return ErrNotOpen
	}
	err = d.opts.Neighbours.Order(ctx, store.Order{Kind: store.OrderCancel, RunID: runID})
	if errors.Is(err, store.ErrNotFound) {
		return ErrNotOpen
	}
	return err
}

// cancelMemory is how long an order to cancel is kept for a run that is not being
// executed yet: a burst of claims may take some seconds to begin.
const cancelMemory = time.Minute

// CancelSoon asks a run to end that this host executes, or is about to: the ledger
// has it so.
func (d *Dispatcher) CancelSoon(runID string) {
	if d.CancelHere(runID) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cancelled == nil {
		d.cancelled = map[string]time.Time{}
	}
	for id, at := range d.cancelled {
		if time.Since(at) > cancelMemory {
			delete(d.cancelled, id)
		}
	}
	d.cancelled[runID] = time.Now()
}

// CancelHere asks a run to end that this host executes. It reports false when it
// executes none of that id.
func (d *Dispatcher) CancelHere(runID string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.open[runID]
	if a != nil {
		a.cancel(plugin.Cause{Cause: run.CauseCancelled})
	}
	return a != nil
}

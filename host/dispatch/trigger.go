package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

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
	job, ok := d.opts.Jobs(q.ScheduleID)
	if !ok {
		return run.Run{}, false, fmt.Errorf("schedule %q: %w", q.ScheduleID, store.ErrNotFound)
	}
	if d.isStopping() {
		return run.Run{}, false, ErrStopping
	}
	start := d.reserve(job.Plugin)
	r, made, err = d.opts.Ledger.Trigger(ctx, store.Trigger{Run: asked(q, job), HostID: d.opts.HostID, Start: start})
	if start && (err != nil || !made) {
		d.release(job.Plugin)
	}
	if err != nil || !made {
		return r, false, err
	}
	d.opts.Log.Info("run asked for", "run", r.ID, "schedule", r.ScheduleID, "by", q.By)
	d.proceed(pending{run: r, job: job})
	return r, true, nil
}

func asked(q Request, job Job) run.Run {
	now := time.Now().UTC()
	return run.Run{
		ID:             uuid.Must(uuid.NewV7()).String(),
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

// Cancel asks a run to end. A waiting run ends at once; one that is executed
// ends when its plugin has said how.
func (d *Dispatcher) Cancel(runID string) error {
	d.mu.Lock()
	if a := d.open[runID]; a != nil {
		d.mu.Unlock()
		a.cancel(plugin.Cause{Cause: run.CauseCancelled})
		return nil
	}
	p, ok := d.takeFromQueue(runID)
	d.mu.Unlock()
	if !ok {
		return ErrNotOpen
	}
	if err := d.abandon(p, run.Cancelled, run.ReasonCancelled); err != nil {
		d.enqueue(p) // else nobody would ever start or end it
		return fmt.Errorf("cancelling run %s: %w", runID, err)
	}
	return nil
}

// takeFromQueue takes a waiting run out of its lane. The caller holds d.mu.
func (d *Dispatcher) takeFromQueue(runID string) (pending, bool) {
	for _, l := range d.lanes {
		if p, ok := l.waiting.remove(runID); ok {
			return p, true
		}
	}
	return pending{}, false
}

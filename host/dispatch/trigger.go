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
// firings, and is not skipped for runs that are open; where runs are to be one after
// another it waits. When a run with the same
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
	policy := d.policy(job)
	start := job.Here && policy.Pool == "" && d.reserve(job.Plugin)
	asked := runFor(q, job, d.now())
	r, made, err = d.opts.Ledger.Trigger(ctx, store.Trigger{Run: asked, HostID: hostID, Start: start, Policy: policy})
	if start && (err != nil || !made || r.State != run.Running) {
		d.release(job.Plugin, 1)
	}
	if err != nil {
		d.disown(asked.ID, err)
		return r, false, err
	}
	if !made {
		d.own(r.ID)
		return r, false, nil
	}
	d.opts.Log.Info("run asked for", "run", r.ID, "schedule", r.ScheduleID, "by", q.By)
	if !d.proceed(pending{run: r, job: job, hostID: hostID}) {
		d.await(r)
	}
	return r, true, nil
}

func runFor(q Request, job Job, now time.Time) run.Run {
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
		return d.cancelStarting(ctx, runID)
	}
	err = d.opts.Neighbours.Order(ctx, store.Order{Kind: store.OrderCancel, RunID: runID})
	if errors.Is(err, store.ErrNotFound) {
		return ErrNotOpen
	}
	return err
}

// cancelStarting asks a run to end that this host, which has no neighbours, is about
// to begin: it was taken or claimed already.
func (d *Dispatcher) cancelStarting(ctx context.Context, runID string) error {
	r, _, err := d.opts.Ledger.Run(ctx, runID)
	if err != nil || r.State != run.Running {
		return ErrNotOpen
	}
	d.endSoon(runID, run.CauseCancelled)
	return nil
}

// asked is that the end of a run was asked for.
type asked struct {
	cause run.Cause
	at    time.Time
}

// askedMemory is how long it is kept that a run is to end which is not being
// executed yet: a burst of claims may take some seconds to begin.
const askedMemory = time.Minute

// CancelSoon asks a run to end that this host executes, or is about to: the ledger
// has it so. Should it wait for another attempt by now, it ends at once.
func (d *Dispatcher) CancelSoon(runID string) { d.endAsked(runID, run.CauseCancelled) }

// CancelHere asks a run to end that this host executes. It reports false when it
// executes none of that id.
func (d *Dispatcher) CancelHere(runID string) bool { return d.endHere(runID, run.CauseCancelled) }

func (d *Dispatcher) endSoon(runID string, cause run.Cause) {
	if d.endHere(runID, cause) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, a := range d.asked {
		if time.Since(a.at) > askedMemory {
			delete(d.asked, id)
		}
	}
	d.asked[runID] = asked{cause: cause, at: time.Now()}
}

func (d *Dispatcher) endHere(runID string, cause run.Cause) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.open[runID]
	if a == nil {
		return false
	}
	if a.asked == run.NoCause {
		a.asked = cause
	}
	a.cancel(plugin.Cause{Cause: cause})
	return true
}

// askedToEnd says whether the end of an attempt's run was asked for.
func (d *Dispatcher) askedToEnd(a *attempt) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return a.asked != run.NoCause
}

// askTimeout bounds one try to end a run that waits.
const askTimeout = 10 * time.Second

// endAsked ends a run that executes here, is about to, or waits for another attempt.
func (d *Dispatcher) endAsked(runID string, cause run.Cause) {
	d.endSoon(runID, cause)
	reason := run.ReasonCancelled
	if cause == run.CauseReplaced {
		reason = run.ReasonReplaced
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open[runID] != nil || d.stopping { // what is stopping waits for its chores
		return
	}
	d.chores.Go(func() {
		ctx, cancel := context.WithTimeout(d.asking, askTimeout)
		defer cancel()
		if _, err := d.abandon(ctx, runID, run.Cancelled, reason); err != nil && d.asking.Err() == nil {
			d.opts.Log.Warn("ending a run that waits for another attempt", "run", runID, "err", err)
		}
	})
}

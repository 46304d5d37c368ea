package dispatch

import (
	"context"
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// takeLimit is how many waiting runs are taken in one transaction.
const takeLimit = 250

// Wake says that runs may be waiting in the ledger for a slot of a plugin: this
// host or another has made some.
func (d *Dispatcher) Wake(plugin string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lane(plugin)
	l.hungry = true
	d.fill(l)
}

// WakeAll says that runs may be waiting for a slot of any plugin: a pool has a slot
// free, or a time has come.
func (d *Dispatcher) WakeAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.lanes {
		l.hungry = true
		d.fill(l)
	}
}

// wakeAfter wakes the lanes of runs that may have waited for the end of an attempt:
// for its slot of a pool, whichever plugin they are of, or because runs of its
// schedule are one after another.
func (d *Dispatcher) wakeAfter(a *attempt) {
	if a.run.Pool != "" {
		d.WakeAll()
		return
	}
	if a.run.Work != nil {
		return // no other run is of its schedule
	}
	job, _ := d.opts.Schedules.Job(a.run.ScheduleID)
	if beside(a.job.Definition) && beside(job.Definition) {
		return
	}
	d.Wake(a.run.Plugin)
	if job.Plugin != a.run.Plugin && job.Plugin != "" {
		d.Wake(job.Plugin) // its action is another one by now
	}
}

// fill takes waiting runs for the slots that are free. One take at a time is
// under way for a lane; what it finds decides whether there is another. The caller
// holds d.mu.
func (d *Dispatcher) fill(l *lane) {
	if !d.up || d.stopping || d.draining || l.taking || !l.hungry {
		return
	}
	n := d.room(l)
	if n <= 0 {
		return
	}
	l.taking, l.hungry = true, false
	for range n {
		d.take(l)
	}
	go d.takeWaiting(l, n)
}

// room is how many waiting runs may be taken. Without a plugin there is nothing to
// wait for, unless another host has one: the runs fail at once.
func (d *Dispatcher) room(l *lane) int {
	switch {
	case l.crew.executor != nil:
		return min(l.slots-l.running, takeLimit)
	case d.opts.Neighbours == nil:
		return takeLimit
	}
	return 0
}

// takeWaiting takes up to n waiting runs, for which slots are held.
func (d *Dispatcher) takeWaiting(l *lane, n int) {
	d.handing.RLock()
	defer d.handing.RUnlock()
	runs, hostID, err := d.takeRuns(l.name, n)
	if err != nil && d.asking.Err() == nil {
		d.opts.Log.Error("taking waiting runs", "plugin", l.name, "err", err)
	}
	d.mu.Lock()
	l.taking = false
	l.hungry = l.hungry || len(runs) == n
	d.mu.Unlock()
	synced := false
	for _, r := range runs {
		synced = d.beginTaken(r, hostID, synced)
	}
	d.release(l.name, n-len(runs))
	if err != nil { // only now, or the release would try again at once
		d.mu.Lock()
		l.hungry = true
		d.mu.Unlock()
	}
}

func (d *Dispatcher) takeRuns(plugin string, n int) (runs []run.Run, hostID string, err error) {
	err = d.insist(d.asking, "taking waiting runs", func() error {
		id, ok := d.opts.Lease.Held()
		if !ok {
			return store.ErrFenced
		}
		hostID = id
		except, err := d.except(d.asking)
		if err != nil {
			return err
		}
		runs, err = d.opts.Ledger.Take(d.asking, store.Take{
			HostID: id, At: d.now(), Plugin: plugin, Limit: n, Except: except,
			Pools: d.poolsNow().slots,
		})
		return err
	})
	return runs, hostID, err
}

// beginTaken executes a run that was waiting. Its schedule may have been changed
// since it was claimed: what is in force now is executed. Others are asked for changes
// once for all that is taken at a time: synced says that they were.
func (d *Dispatcher) beginTaken(r run.Run, hostID string, synced bool) (asked bool) {
	job, ok := d.jobOf(r)
	if (!ok || job.Version < r.Version) && d.opts.Neighbours != nil && !synced {
		synced = true
		if err := d.opts.Neighbours.Sync(d.asking); err != nil {
			d.opts.Log.Warn("asking for changes of schedules", "err", err)
		}
		job, ok = d.jobOf(r)
	}
	if !ok {
		job = Job{Bind: removed}
	}
	job.Plugin = r.Plugin // which the slot is of
	d.endUnwanted(r)
	d.begin(pending{run: r, job: job, hostID: hostID})
	return synced
}

// jobOf finds what a run executes: its schedule's action, a follow-up's, or what it
// brings along itself. That of a run of no schedule which was read without its work, as
// lists are, is not known.
func (d *Dispatcher) jobOf(r run.Run) (Job, bool) {
	switch {
	case r.Work != nil:
		return d.workJob(r), true
	case r.ScheduleID == "":
		return Job{}, false
	}
	job, ok := d.opts.Schedules.Job(r.ScheduleID)
	if !ok || r.Step == "" {
		return job, ok
	}
	step, ok := job.Steps[r.Step]
	job.Plugin, job.Bind = step.Plugin, step.Bind
	return job, ok
}

// removed is the binding of a run whose schedule is not there any more.
func removed(run.Facts) ([]byte, error) { return nil, errRemoved }

// now is the clock that all hosts go by.
func (d *Dispatcher) now() time.Time { return d.opts.Lease.Now().UTC() }

// Drain makes the dispatcher take no waiting runs any more, or take them again.
func (d *Dispatcher) Drain(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.draining = on
	if on {
		return
	}
	for _, l := range d.lanes {
		l.hungry = true
		d.fill(l)
	}
}

// abandon ends a run that nobody has started. It reports false when it is not
// waiting any more.
func (d *Dispatcher) abandon(ctx context.Context, runID string, state run.State, reason run.Reason) (bool, error) {
	done, err := d.opts.Ledger.Abandon(ctx, store.Abandon{
		RunID: runID, At: d.now(), State: state, Reason: reason, Error: reason.Text(),
	})
	if err != nil {
		return false, fmt.Errorf("ending the waiting run %s: %w", runID, err)
	}
	if !done {
		return false, nil
	}
	r, _, err := d.opts.Ledger.Run(ctx, runID)
	if err != nil {
		r = run.Run{ID: runID, State: state, Reason: reason} // it has ended all the same
	}
	d.tellEnd(r)
	if r.Plugin != "" {
		d.Wake(r.Plugin) // others of its schedule may have waited for it
	}
	return true, nil
}

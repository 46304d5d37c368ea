package dispatch

import (
	"context"
	"fmt"
	"maps"
	"time"

	"butlerd/host/run"
)

// orphanAge is how long ago a run was started that is looked at by Reclaim: far
// longer than any call of the store takes.
const orphanAge = 30 * time.Second

// Reclaim begins runs that the ledger has this host execute and that it knows
// nothing of: the store had taken or claimed them, and its answer was lost with the
// connection. Nothing of them was started, and without this they would be open for
// as long as the host holds its lease. One whose caller was told that it was not made
// ends instead.
func (d *Dispatcher) Reclaim(ctx context.Context) error {
	orphans, _, err := d.orphans(ctx)
	if err != nil || len(orphans) == 0 || !d.handing.TryLock() {
		return err // what is being handed over may be no orphan: it is looked at again
	}
	defer d.handing.Unlock()
	orphans, hostID, err := d.orphans(ctx)
	if err != nil {
		return err
	}
	for _, r := range orphans {
		r, began, err := d.asTaken(ctx, r)
		if err != nil {
			return err
		}
		if d.now().Sub(began) <= orphanAge {
			continue // it was taken for another attempt just now
		}
		if !d.adopt(r.Plugin) {
			return nil
		}
		d.opts.Log.Warn("beginning a run of which the store's answer was lost", about(r)...)
		d.beginTaken(r, hostID, false)
	}
	return nil
}

// asTaken is a run as taking it has returned it: with the attempt that its present
// one has to look for. Without that, the action would be started a second time. It
// also returns when the present attempt began: the run keeps when its first one did.
func (d *Dispatcher) asTaken(ctx context.Context, r run.Run) (taken run.Run, began time.Time, err error) {
	_, attempts, err := d.opts.Ledger.Run(ctx, r.ID)
	if err != nil {
		return r, began, fmt.Errorf("reading the attempts of the run %s: %w", r.ID, err)
	}
	for _, a := range attempts {
		if a.Number == r.Attempts {
			r.Resume, began = a.Resumes, a.StartedAt
		}
	}
	return r, began, nil
}

func (d *Dispatcher) orphans(ctx context.Context) (orphans []run.Run, hostID string, err error) {
	hostID, held := d.opts.Lease.Held()
	if !held || d.opts.Neighbours == nil {
		return nil, "", nil
	}
	known := d.known() // before the ledger is read: what ends meanwhile is none
	recorded, err := d.opts.Neighbours.Executing(ctx, hostID)
	if err != nil {
		return nil, "", fmt.Errorf("reading what this host executes: %w", err)
	}
	for _, r := range recorded {
		if !known[r.ID] && d.now().Sub(r.StartedAt) > orphanAge {
			orphans = append(orphans, r)
		}
	}
	return orphans, hostID, nil
}

// known are the runs that this host executes, or has executed and could not record
// the end of.
func (d *Dispatcher) known() map[string]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := maps.Clone(d.unrecorded)
	if ids == nil {
		ids = map[string]bool{}
	}
	for id := range d.open {
		ids[id] = true
	}
	return ids
}

// adopt takes a slot for a run that has started already, be one free or not.
func (d *Dispatcher) adopt(plugin string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopping {
		return false
	}
	d.take(d.lane(plugin))
	return true
}

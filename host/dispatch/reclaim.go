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
// as long as the host holds its lease.
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
		if !d.adopt(r.Plugin) {
			return nil
		}
		d.opts.Log.Warn("beginning a run of which the store's answer was lost", "run", r.ID, "schedule", r.ScheduleID)
		d.beginTaken(r, hostID)
	}
	return nil
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

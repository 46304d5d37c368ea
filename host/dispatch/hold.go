package dispatch

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"butlerd/host/schedule"
	"butlerd/host/store"
)

// HoldChanged says that a hold was made or has ended: runs that wait may be taken
// now, or when it ends by itself.
func (d *Dispatcher) HoldChanged(h store.Hold) {
	if end := endOf(h); !end.IsZero() {
		d.alarm.set(end)
	}
	d.WakeAll()
}

// endOf is when a hold is not in force any more, which it is at its end still; zero:
// that is not known.
func endOf(h store.Hold) time.Time {
	if h.End().IsZero() {
		return time.Time{}
	}
	return h.End().Add(time.Millisecond)
}

// holdEnds is the first instant after one until which all is done, at which a hold that
// let schedules drain is over; zero when there is none. Before anything was done, it
// is one after now.
func (d *Dispatcher) holdEnds(after, now time.Time) (first time.Time, err error) {
	if d.opts.Holds == nil {
		return first, nil
	}
	if after.IsZero() {
		after = now
	}
	var holds []store.Hold
	err = d.insist(d.asking, "reading the holds", func() error {
		holds, err = d.opts.Holds.Holds(d.asking, after.Add(-time.Millisecond))
		return err
	})
	for _, h := range holds {
		if end := endOf(h); h.Drain && end.After(after) {
			first = earliest(first, end)
		}
	}
	return first, err
}

// held says whether a hold keeps a schedule from running now.
func (d *Dispatcher) held(def schedule.Definition) (bool, error) {
	if d.opts.Holds == nil {
		return false, nil
	}
	now := d.now()
	holds, err := d.opts.Holds.Holds(d.asking, now)
	if err != nil {
		return false, fmt.Errorf("reading the holds: %w", err)
	}
	_, held := store.Holding(holds, def.ID, def.Tags, now)
	return held, nil
}

// except are the schedules whose waiting runs this host does not take: those that
// it cannot execute, and those that a hold lets drain.
func (d *Dispatcher) except(ctx context.Context) ([]string, error) {
	ids := map[string]bool{}
	for id := range d.opts.Schedules.Foreign() {
		ids[id] = true
	}
	if d.opts.Holds != nil {
		drained, err := d.drained(ctx)
		if err != nil {
			return nil, err
		}
		for _, id := range drained {
			ids[id] = true
		}
	}
	return slices.Sorted(maps.Keys(ids)), nil
}

// drained are the schedules that a hold lets drain now.
func (d *Dispatcher) drained(ctx context.Context) ([]string, error) {
	now := d.now()
	holds, err := d.opts.Holds.Holds(ctx, now)
	if err != nil {
		return nil, fmt.Errorf("reading the holds: %w", err)
	}
	holds = slices.DeleteFunc(holds, func(h store.Hold) bool { return !h.Drain || !h.InForce(now) })
	if len(holds) == 0 {
		return nil, nil
	}
	return d.opts.Schedules.Select(func(def schedule.Definition) bool {
		_, held := store.Holding(holds, def.ID, def.Tags, now)
		return held
	}), nil
}

package sqlite

import (
	"context"
	"fmt"
	"slices"

	"butlerd/host/run"
	"butlerd/host/store"
)

// Change makes all changes in one transaction, or none.
func (d *DB) Change(ctx context.Context, changes []store.Change) ([]store.Schedule, error) {
	const act = "changing schedules"
	all := make([]change, len(changes))
	for i, c := range changes {
		definition, err := c.Encode()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", act, err)
		}
		all[i] = change{c, definition}
	}
	return submit(ctx, d.writer, act, each((*tx).change), all)
}

// change is a change with its definition encoded, which is done by its caller:
// the writer's time is everybody's.
type change struct {
	store.Change
	definition string // empty for a deletion
}

// change makes the changes in order, as many at once as are of different
// schedules.
func (t *tx) change(changes []change) ([]store.Schedule, error) {
	var now []store.Schedule
	for len(changes) > 0 {
		n := distinct(changes)
		some, err := t.changeDistinct(changes[:n])
		if err != nil {
			return nil, err
		}
		now, changes = append(now, some...), changes[n:]
	}
	return now, nil
}

// distinct is how many changes from the first on are of different schedules.
func distinct(changes []change) int {
	seen := make(map[string]bool, len(changes))
	for i, c := range changes {
		if seen[c.Schedule.ID] {
			return i
		}
		seen[c.Schedule.ID] = true
	}
	return len(changes)
}

func (t *tx) changeDistinct(changes []change) ([]store.Schedule, error) {
	old, err := t.inForce(changes)
	if err != nil {
		return nil, err
	}
	pasts, err := t.pasts(changes)
	if err != nil {
		return nil, err
	}
	changes = inOrder(changes, pasts, old)
	now := make([]store.Schedule, len(changes))
	var settle []run.Firing
	for i, c := range changes {
		if now[i], err = revise(c, old[c.Schedule.ID], pasts[c.Schedule.ID].version); err != nil {
			return nil, err
		}
		settle = append(settle, c.Settle...)
	}
	if err := t.retire(changes, old); err != nil {
		return nil, err
	}
	if err := t.bringIntoForce(changes, now, old); err != nil {
		return nil, err
	}
	_, err = t.settle(settle)
	return now, err
}

// inOrder moves changes that are of a time before the last settled instant of their
// schedule, so that what was claimed under a version stays in its interval, or before
// the version that they end or follow, so that intervals never meet. The changes that
// were given are left alone, as they may be made again when those beside them have
// failed.
func inOrder(changes []change, pasts map[string]past, old map[string]*current) []change {
	moved := slices.Clone(changes)
	for i := range moved {
		id := moved[i].Schedule.ID
		first := max(pasts[id].settled, pasts[id].until)
		if o := old[id]; o != nil {
			first = max(first, o.row.since)
		}
		if micros(moved[i].At) < first {
			moved[i].At = fromMicros(first)
		}
	}
	return moved
}

// revise returns the schedule that a change leaves: old is what is in force,
// nil when nothing is, and last the latest version that is not any more.
func revise(c change, old *current, last int64) (store.Schedule, error) {
	now := c.Schedule
	switch {
	case c.Kind == store.Create && old != nil:
		return now, fmt.Errorf("schedule %q: %w", now.ID, store.ErrExists)
	case c.Kind == store.Create:
		now.Version, now.CreatedAt = last+1, stored(now.CreatedAt)
	case old == nil:
		return now, fmt.Errorf("schedule %q: %w", now.ID, store.ErrNotFound)
	case c.Base != 0 && c.Base != old.row.s.Version:
		return now, fmt.Errorf("schedule %q: %w: version %d is in force, not %d", now.ID, store.ErrStale, old.row.s.Version, c.Base)
	case c.Kind == store.Delete:
		return old.row.decode()
	default:
		now.Version, now.CreatedAt = old.row.s.Version+1, fromMicros(old.row.created)
	}
	now.Since = stored(c.At)
	return now, nil
}

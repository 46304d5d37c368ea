package sqlite

import (
	"context"
	"fmt"

	"butlerd/host/run"
	"butlerd/host/store"
)

// Change makes all changes in one transaction, or none.
func (d *DB) Change(ctx context.Context, changes []store.Change) ([]store.Schedule, error) {
	const act = "changing schedules"
	all := make([]change, len(changes))
	for i, c := range changes {
		definition, err := checked(c)
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

func checked(c store.Change) (definition string, err error) {
	if err := c.Check(); err != nil || c.Kind == store.Delete {
		return "", err
	}
	return encode(c.Schedule)
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
	last, err := t.lastVersions(changes)
	if err != nil {
		return nil, err
	}
	now := make([]store.Schedule, len(changes))
	var settle []run.Firing
	for i, c := range changes {
		if now[i], err = revise(c, old[c.Schedule.ID], last[c.Schedule.ID]); err != nil {
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
	case c.Kind == store.Delete:
		return old.row.decode()
	default:
		now.Version, now.CreatedAt = old.row.s.Version+1, fromMicros(old.row.created)
	}
	now.Since = stored(c.At)
	return now, nil
}

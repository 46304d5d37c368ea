package postgres

import (
	"context"
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// Change makes all changes in one transaction, or none. Claims wait for it, and
// it for those that were begun: what is claimed under a version is owed by it.
func (d *DB) Change(ctx context.Context, changes []store.Change) (now []store.Schedule, err error) {
	const act = "changing schedules"
	all := make([]change, len(changes))
	for i, c := range changes {
		definition, err := c.Encode()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", act, err)
		}
		all[i] = change{c, definition}
	}
	err = d.write(ctx, act, func(t *tx) error {
		now, err = t.change(all)
		return err
	})
	if err != nil {
		return nil, err
	}
	return now, nil
}

// change is a change with its definition encoded.
type change struct {
	store.Change
	definition string // empty for a deletion
}

// change makes the changes in order, as many at once as are of different
// schedules.
func (t *tx) change(changes []change) ([]store.Schedule, error) {
	revision, err := t.revise()
	if err != nil {
		return nil, err
	}
	var now []store.Schedule
	for len(changes) > 0 {
		n := distinct(changes)
		some, err := t.changeDistinct(changes[:n], revision)
		if err != nil {
			return nil, err
		}
		if now == nil { // the first stands for all of the transaction
			t.proveChange(changes[0], some[0], revision)
		}
		now, changes = append(now, some...), changes[n:]
	}
	t.wake()
	return now, nil
}

// revise keeps claims out and counts the change.
func (t *tx) revise() (revision int64, err error) {
	t.identify()
	t.lock(t.db.locks.change)
	t.q("UPDATE ledger SET revision = revision + 1 RETURNING revision").QueryRow(into(&revision))
	return revision, t.flush()
}

// changeChunk bounds what one statement carries.
const changeChunk = 2000

// distinct is how many changes from the first on are of different schedules.
func distinct(changes []change) int {
	seen := make(map[string]bool, min(len(changes), changeChunk))
	for i, c := range changes {
		if i == changeChunk || seen[c.Schedule.ID] {
			return i
		}
		seen[c.Schedule.ID] = true
	}
	return len(changes)
}

func (t *tx) changeDistinct(changes []change, revision int64) ([]store.Schedule, error) {
	old, err := t.before(changes)
	if err != nil {
		return nil, err
	}
	now := make([]store.Schedule, len(changes))
	var settle []run.Firing
	for i := range changes {
		b := old[changes[i].Schedule.ID]
		changes[i].At = stored(changes[i].At)
		if b.settled.After(changes[i].At) {
			changes[i].At = b.settled
		}
		if now[i], err = successor(changes[i], b); err != nil {
			return nil, err
		}
		settle = append(settle, changes[i].Settle...)
	}
	t.retire(changes, old, revision)
	t.bringIntoForce(changes, now, old, revision)
	t.settle(settle, nil)
	return now, t.flush()
}

// before is what there is of a schedule before a change of it.
type before struct {
	inForce *store.Schedule // nil: none
	last    int64           // the latest version that is not in force any more
	settled time.Time       // the latest instant; zero: none
}

// successor returns the schedule that a change leaves; for a deletion as it was.
func successor(c change, b before) (store.Schedule, error) {
	now := c.Schedule
	switch {
	case c.Kind == store.Create && b.inForce != nil:
		return now, fmt.Errorf("schedule %q: %w", now.ID, store.ErrExists)
	case c.Kind == store.Create:
		now.Version, now.CreatedAt = b.last+1, stored(now.CreatedAt)
	case b.inForce == nil:
		return now, fmt.Errorf("schedule %q: %w", now.ID, store.ErrNotFound)
	case c.Base != 0 && c.Base != b.inForce.Version:
		return now, fmt.Errorf("schedule %q: %w: version %d is in force, not %d", now.ID, store.ErrStale, b.inForce.Version, c.Base)
	case c.Kind == store.Delete:
		return *b.inForce, nil
	default:
		now.Version, now.CreatedAt = b.inForce.Version+1, b.inForce.CreatedAt
	}
	now.Since = c.At
	return now, nil
}

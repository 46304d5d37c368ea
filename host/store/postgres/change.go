package postgres

import (
	"context"
	"fmt"
	"slices"
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
		all[i] = change{Change: c, definition: definition, key: c.Schedule.Timing().Key()}
	}
	var left []left
	err = d.write(ctx, act, func(t *tx) error {
		left, err = t.change(all)
		return err
	})
	if err != nil {
		return nil, err
	}
	return schedulesLeft(act, left)
}

// change is a change with what is written of its schedule encoded: the server waits
// for this side within a transaction, and not for long.
type change struct {
	store.Change
	definition string // empty for a deletion
	key        string // of the timing
}

// left is what a change leaves: a schedule, or for a deletion the row that was there,
// which is decoded when the transaction has ended.
type left struct {
	now  store.Schedule
	gone *scheduleRow
}

func schedulesLeft(act string, all []left) ([]store.Schedule, error) {
	var now []store.Schedule
	for _, l := range all {
		if l.gone != nil {
			var err error
			if l.now, err = l.gone.decode(); err != nil {
				return nil, fmt.Errorf("%s: %w", act, err)
			}
		}
		now = append(now, l.now)
	}
	return now, nil
}

// change makes the changes in order, as many at once as are of different
// schedules.
func (t *tx) change(changes []change) ([]left, error) {
	revision, err := t.revise()
	if err != nil {
		return nil, err
	}
	var now []left
	for len(changes) > 0 {
		n := distinct(changes)
		some, err := t.changeDistinct(changes[:n], revision)
		if err != nil {
			return nil, err
		}
		if now == nil { // the first stands for all of the transaction
			t.proveChange(changes[0], some[0].now, revision)
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

func (t *tx) changeDistinct(changes []change, revision int64) ([]left, error) {
	old, err := t.before(changes)
	if err != nil {
		return nil, err
	}
	now := make([]left, len(changes))
	changes = slices.Clone(changes) // a transaction may be begun again
	var settle []run.Firing
	for i := range changes {
		b := old[changes[i].Schedule.ID]
		changes[i].At = b.first(changes[i].At)
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
	inForce *scheduleRow // nil: none; with its definition when it is to be deleted
	last    int64        // the latest version that is not in force any more
	until   time.Time    // when that one went out of force; zero: there is none
	settled time.Time    // the latest instant; zero: none
}

// first is when a change that is of a time takes effect. What was claimed under a
// version stays in its interval, and intervals never meet.
func (b before) first(at time.Time) time.Time {
	at = stored(at)
	for _, other := range []time.Time{b.settled, b.until} {
		if other.After(at) {
			at = other
		}
	}
	if b.inForce != nil && b.inForce.s.Since.After(at) {
		at = stored(b.inForce.s.Since)
	}
	return at
}

// successor returns what a change leaves.
func successor(c change, b before) (left, error) {
	now, none := c.Schedule, left{}
	switch {
	case c.Kind == store.Create && b.inForce != nil:
		return none, fmt.Errorf("schedule %q: %w", now.ID, store.ErrExists)
	case c.Kind == store.Create:
		now.Version, now.CreatedAt = b.last+1, stored(now.CreatedAt)
	case b.inForce == nil:
		return none, fmt.Errorf("schedule %q: %w", now.ID, store.ErrNotFound)
	case c.Base != 0 && c.Base != b.inForce.s.Version:
		return none, fmt.Errorf("schedule %q: %w: version %d is in force, not %d", now.ID, store.ErrStale, b.inForce.s.Version, c.Base)
	case c.Kind == store.Delete:
		now.Version = b.inForce.s.Version
		return left{now, b.inForce}, nil
	default:
		now.Version, now.CreatedAt = b.inForce.s.Version+1, b.inForce.s.CreatedAt.UTC()
	}
	now.Since = c.At
	return left{now: now}, nil
}

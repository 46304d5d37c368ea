package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"butlerd/host/run"
	"butlerd/host/store"
)

// Change makes all changes in one transaction, or none.
func (d *DB) Change(ctx context.Context, changes []store.Change) ([]store.Schedule, error) {
	for _, c := range changes {
		if err := c.Check(); err != nil {
			return nil, fmt.Errorf("changing schedules: %w", err)
		}
	}
	return submit(ctx, d.writer, "changing schedules", each((*tx).change), changes)
}

// change makes the changes in order, as many at once as are of different
// schedules.
func (t *tx) change(changes []store.Change) ([]store.Schedule, error) {
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
func distinct(changes []store.Change) int {
	seen := make(map[string]bool, len(changes))
	for i, c := range changes {
		if seen[c.Schedule.ID] {
			return i
		}
		seen[c.Schedule.ID] = true
	}
	return len(changes)
}

func (t *tx) changeDistinct(changes []store.Change) ([]store.Schedule, error) {
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
func revise(c store.Change, old *current, last int64) (store.Schedule, error) {
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

// current is a row of the table schedules.
type current struct {
	seq int64
	row scheduleRow
}

// inForce returns what is in force of the schedules that changes are of.
func (t *tx) inForce(changes []store.Change) (map[string]*current, error) {
	found := map[string]*current{}
	err := t.bulk(func(rows *sql.Rows) error {
		var id string
		var c current
		if err := rows.Scan(append([]any{&id, &c.seq}, c.row.targets()...)...); err != nil {
			return err
		}
		found[id] = &c
		return nil
	}, `WITH changed (id) AS (VALUES ())
		SELECT id, seq, `+scheduleColumns+` FROM changed CROSS JOIN schedules USING (id)`, 1, ids(changes))
	return found, err
}

// lastVersions returns the latest version of each schedule that is not in force
// any more.
func (t *tx) lastVersions(changes []store.Change) (map[string]int64, error) {
	last := map[string]int64{}
	err := t.bulk(func(rows *sql.Rows) error {
		var id string
		var version sql.NullInt64
		err := rows.Scan(&id, &version)
		if version.Valid {
			last[id] = version.Int64
		}
		return err
	}, `WITH changed (id) AS (VALUES ())
		SELECT id, (SELECT max(version) FROM versions WHERE schedule_id = id) FROM changed`, 1, ids(changes))
	return last, err
}

func ids(changes []store.Change) []any {
	all := make([]any, len(changes))
	for i, c := range changes {
		all[i] = c.Schedule.ID
	}
	return all
}

// retire moves what was in force to the versions.
func (t *tx) retire(changes []store.Change, old map[string]*current) error {
	var args, gone []any
	for _, c := range changes {
		o := old[c.Schedule.ID]
		if o == nil {
			continue
		}
		r := &o.row
		gone = append(gone, c.Schedule.ID)
		args = append(args, c.Schedule.ID, r.s.Version, string(r.s.Source), r.s.Origin, r.s.Started, r.created,
			r.since, r.by, r.definition, micros(c.At))
	}
	if err := t.bulk(nil, `INSERT INTO versions
		(schedule_id, `+scheduleColumns+`, until) VALUES ()`, 10, args); err != nil {
		return err
	}
	return t.bulk(nil, "DELETE FROM schedules WHERE id IN (VALUES ())", 1, gone)
}

// bringIntoForce adds the new versions. An updated schedule keeps its place in
// the order of creation.
func (t *tx) bringIntoForce(changes []store.Change, now []store.Schedule, old map[string]*current) error {
	var args []any
	for i, c := range changes {
		if c.Kind == store.Delete {
			continue
		}
		definition, err := encode(now[i])
		if err != nil {
			return err
		}
		var seq any
		if o := old[c.Schedule.ID]; o != nil {
			seq = o.seq
		}
		s := now[i]
		args = append(args, seq, s.ID, s.Version, string(s.Source), s.Origin, s.Started, micros(s.CreatedAt),
			micros(s.Since), c.By, definition)
	}
	return t.bulk(nil, "INSERT INTO schedules (seq, id, "+scheduleColumns+") VALUES ()", 10, args)
}

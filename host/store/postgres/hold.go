package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/schedule"
	"butlerd/host/store"
)

const holdColumns = "id, every, tag, schedule_id, reason, by, since, until, drain, released_at, released_by"

func scanHold(rows pgx.Row) (h store.Hold, err error) {
	var until, released *time.Time
	err = rows.Scan(&h.ID, &h.All, &h.Tag, &h.ScheduleID, &h.Reason, &h.By, &h.Since, &until, &h.Drain, &released, &h.ReleasedBy)
	h.Since, h.Until, h.ReleasedAt = h.Since.UTC(), fromNull(until), fromNull(released)
	return h, err
}

func (t *tx) holds(all *[]store.Hold, where string, args ...any) {
	list(t, all, func(rows pgx.Rows) (store.Hold, error) { return scanHold(rows) },
		"SELECT "+holdColumns+" FROM holds WHERE "+where, args...)
}

// heldQuery is the proof of a hold.
const heldQuery = "SELECT EXISTS (SELECT 1 FROM holds WHERE id = $1 AND since = $2 AND reason = $3 AND by = $4)"

// Hold puts a hold in force. Claims wait for it, and it for those that were begun:
// what was claimed without it is before it.
func (d *DB) Hold(ctx context.Context, h store.Hold) (kept store.Hold, err error) {
	const act = "putting a hold in force"
	if err := h.Check(); err != nil {
		return kept, fmt.Errorf("%s: %w", act, err)
	}
	err = d.write(ctx, act, func(t *tx) error {
		kept, err = t.hold(h)
		return err
	})
	if err != nil {
		return store.Hold{}, err
	}
	return kept, nil
}

func (t *tx) hold(h store.Hold) (store.Hold, error) {
	t.identify()
	t.lock(t.db.locks.change)
	settled, err := t.settledOf(h)
	if err != nil {
		return h, err
	}
	if h.Since.Before(settled) {
		h.Since = settled
	}
	var made []store.Hold
	list(t, &made, func(rows pgx.Rows) (store.Hold, error) { return scanHold(rows) },
		"INSERT INTO holds ("+holdColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, '')
		ON CONFLICT DO NOTHING RETURNING `+holdColumns,
		h.ID, h.All, h.Tag, h.ScheduleID, h.Reason, h.By, h.Since, orNull(h.Until), h.Drain)
	if err := t.flush(); err != nil {
		return h, err
	}
	if len(made) == 0 {
		return h, fmt.Errorf("hold %q: %w", h.ID, store.ErrExists)
	}
	t.prove(heldQuery, h.ID, h.Since, h.Reason, h.By)
	t.wake()
	return made[0], nil
}

// latestQuery is the latest settled instant of some schedules.
const latestQuery = `SELECT max(at) FROM (
	SELECT (SELECT f.due_at FROM firings f WHERE f.schedule_id = i.id ORDER BY f.due_at DESC LIMIT 1)
	FROM unnest($1::text[]) AS i (id)) AS l (at)`

// settledOf is the latest settled instant of the schedules that a hold is of.
func (t *tx) settledOf(h store.Hold) (time.Time, error) {
	ids, err := t.scope(h)
	if err != nil {
		return time.Time{}, err
	}
	var settled *time.Time
	t.q(latestQuery, ids).QueryRow(into(&settled))
	err = t.flush()
	return fromNull(settled), err
}

// scope lists the schedules that a hold is of.
func (t *tx) scope(h store.Hold) (ids []string, err error) {
	switch {
	case h.ScheduleID != "":
		return []string{h.ScheduleID}, nil
	case h.All:
		list(t, &ids, scanText, "SELECT id FROM schedules UNION SELECT schedule_id FROM versions")
		return ids, t.flush()
	}
	each(t, func(rows pgx.Rows) error {
		var id string
		var definition []byte
		if err := rows.Scan(&id, (*document)(&definition)); err != nil {
			return err
		}
		var d schedule.Definition
		if err := json.Unmarshal(definition, &d); err != nil {
			return fmt.Errorf("decoding the definition of schedule %q: %w", id, err)
		}
		if slices.Contains(d.Tags, h.Tag) {
			ids = append(ids, id)
		}
		return nil
	}, `SELECT id, definition FROM schedules WHERE definition LIKE '%"tags"%'`)
	return ids, t.flush()
}

// Release ends a hold. Said again, it says the same: a commit whose answer was lost
// is not asked about.
func (d *DB) Release(ctx context.Context, id string, at time.Time, by string) (h store.Hold, err error) {
	const act = "releasing a hold"
	if err := store.CheckRelease(id, at, by); err != nil {
		return h, fmt.Errorf("%s: %w", act, err)
	}
	err = d.write(ctx, act, func(t *tx) error {
		var found []store.Hold
		t.lock(t.db.locks.change)
		t.q(releaseQuery, id, at, by)
		t.holds(&found, "id = $1", id)
		if err := t.flush(); err != nil {
			return err
		}
		if len(found) == 0 {
			return fmt.Errorf("hold %q: %w", id, store.ErrNotFound)
		}
		h = found[0]
		t.wake()
		return nil
	})
	return h, err
}

// releaseQuery ends a hold no earlier than the latest instant that it has kept from
// running. One whose end has come is left as it is.
const releaseQuery = `
UPDATE holds SET released_at = l.at, released_by = $3::text FROM (
	SELECT greatest($2::timestamptz, (SELECT f.due_at FROM firings f
		WHERE f.hold_id = $1::text AND f.hold_id <> '' ORDER BY f.due_at DESC LIMIT 1)) AS at) AS l
WHERE id = $1::text AND released_at IS NULL AND (until IS NULL OR until > $2::timestamptz)`

// Holds lists the holds that were in force at any time since t.
func (d *DB) Holds(ctx context.Context, since time.Time) (all []store.Hold, err error) {
	err = d.read(ctx, "listing holds", func(t *tx) error {
		t.holds(&all, holdsQuery, since)
		return nil
	})
	return all, err
}

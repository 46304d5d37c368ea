package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"butlerd/host/schedule"
	"butlerd/host/store"
)

var _ store.Holds = (*DB)(nil)

const (
	holdColumns  = "id, is_all, tag, schedule_id, reason, by, since, until, drain, released_at, released_by"
	addHoldQuery = "INSERT INTO holds (" + holdColumns + ", ends_at) VALUES ()"
	findHold     = "SELECT " + holdColumns + " FROM holds WHERE id = ?"
)

// holdArgs returns the values of holdColumns and ends_at.
func holdArgs(h store.Hold) []any {
	return []any{h.ID, h.All, h.Tag, h.ScheduleID, h.Reason, h.By, micros(h.Since), microsOrNull(h.Until),
		h.Drain, microsOrNull(h.ReleasedAt), h.ReleasedBy, upper(h.End())}
}

func scanHold(rows *sql.Rows) (h store.Hold, err error) {
	var since int64
	var until, released sql.NullInt64
	err = rows.Scan(&h.ID, &h.All, &h.Tag, &h.ScheduleID, &h.Reason, &h.By, &since, &until, &h.Drain, &released, &h.ReleasedBy)
	h.Since, h.Until, h.ReleasedAt = fromMicros(since), fromNullMicros(until), fromNullMicros(released)
	return h, err
}

// Hold puts a hold in force.
func (d *DB) Hold(ctx context.Context, h store.Hold) (store.Hold, error) {
	const act = "holding schedules"
	if err := h.Check(); err != nil {
		return store.Hold{}, fmt.Errorf("%s: %w", act, err)
	}
	return submit(ctx, d.writer, act, each((*tx).hold), h)
}

func (t *tx) hold(h store.Hold) (store.Hold, error) {
	there, err := t.holdOf(h.ID)
	if err != nil {
		return store.Hold{}, err
	}
	if there != nil {
		return store.Hold{}, fmt.Errorf("hold %q: %w", h.ID, store.ErrExists)
	}
	settled, err := t.settledIn(h)
	if err != nil {
		return store.Hold{}, err
	}
	h.Since, h.ReleasedBy = fromMicros(max(micros(h.Since), settled)), ""
	if !h.Until.IsZero() {
		h.Until = stored(h.Until)
	}
	return h, t.bulk(nil, addHoldQuery, 12, holdArgs(h))
}

func (t *tx) holdOf(id string) (found *store.Hold, err error) {
	err = t.query(func(rows *sql.Rows) error {
		h, err := scanHold(rows)
		found = &h
		return err
	}, findHold, id)
	return found, err
}

// settledIn is the latest settled instant of the schedules that a hold is of, in
// microseconds. Nearly always it is before the hold begins, which one look at the
// ledger says.
func (t *tx) settledIn(h store.Hold) (int64, error) {
	latest, err := t.latestDue()
	if err != nil || h.All || latest <= micros(h.Since) {
		return latest, err
	}
	covered := []any{h.ScheduleID}
	if h.Tag != "" {
		if covered, err = t.covered(h); err != nil {
			return 0, err
		}
	}
	latest = math.MinInt64
	err = t.bulk(func(rows *sql.Rows) error {
		_, p, err := scanPast(rows)
		latest = max(latest, p.settled)
		return err
	}, pastQuery, 1, covered)
	return latest, err
}

// covered returns the ids of the schedules that a hold is of.
func (t *tx) covered(h store.Hold) (ids []any, err error) {
	err = t.query(func(rows *sql.Rows) error {
		var id string
		var text []byte
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		var d schedule.Definition
		if err := json.Unmarshal(text, &d); err != nil {
			return fmt.Errorf("decoding schedule %q: %w", id, err)
		}
		if h.Covers(id, d.Tags) {
			ids = append(ids, id)
		}
		return nil
	}, "SELECT id, definition FROM schedules")
	return ids, err
}

// release is the end of a hold.
type release struct {
	id string
	at time.Time
	by string
}

// Release ends a hold.
func (d *DB) Release(ctx context.Context, id string, at time.Time, by string) (store.Hold, error) {
	const act = "releasing a hold"
	if err := store.CheckRelease(id, at, by); err != nil {
		return store.Hold{}, fmt.Errorf("%s: %w", act, err)
	}
	return submit(ctx, d.writer, act, each((*tx).release), release{id, at, by})
}

const heldQuery = "SELECT max(due_at) FROM firings INDEXED BY firings_held WHERE hold_id = ? AND hold_id <> ''"

func (t *tx) release(r release) (store.Hold, error) {
	h, err := t.holdOf(r.id)
	if err != nil {
		return store.Hold{}, err
	}
	if h == nil {
		return store.Hold{}, fmt.Errorf("hold %q: %w", r.id, store.ErrNotFound)
	}
	if !h.ReleasedAt.IsZero() || !h.Until.IsZero() && !r.at.Before(h.Until) {
		return *h, nil
	}
	var held sql.NullInt64
	if err := t.query(func(rows *sql.Rows) error { return rows.Scan(&held) }, heldQuery, r.id); err != nil {
		return store.Hold{}, err
	}
	h.ReleasedAt, h.ReleasedBy = fromMicros(max(micros(r.at), orNever(held))), r.by
	return *h, t.exec("UPDATE holds SET released_at = ?, released_by = ?, ends_at = ? WHERE id = ?",
		micros(h.ReleasedAt), h.ReleasedBy, upper(h.End()), h.ID)
}

// Holds lists the holds that were in force at any time since t.
func (d *DB) Holds(ctx context.Context, since time.Time) (holds []store.Hold, err error) {
	err = d.read(ctx, "listing holds", func(ctx context.Context, q queryer) (err error) {
		holds, err = collect(ctx, q, scanHold,
			"SELECT "+holdColumns+" FROM holds WHERE ends_at >= ? ORDER BY since, id", lower(since))
		return err
	})
	return holds, err
}

package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

const firingColumns = "schedule_id, due_at, outcome, reason, run_id, version, settled_at, hold_id"

// firingOfRun is firingColumns of a firing that is kept as its run, and byFiring
// what tells such a run.
const (
	firingOfRun = "schedule_id, due_at, 'ran', '', id, version, created_at, ''"
	byFiring    = "trigger IN ('firing', 'catch_up')"
)

const settleQuery = `
WITH settled (id, at, outcome, reason, run_id, version, settled_at, hold_id) AS (VALUES ())
INSERT INTO firings (` + firingColumns + `) SELECT * FROM settled
WHERE NOT EXISTS (SELECT 1 FROM runs INDEXED BY runs_open
	WHERE schedule_id = settled.id AND iif(` + byFiring + `, due_at, NULL) = settled.at AND ended_at IS NULL)
ON CONFLICT DO NOTHING RETURNING outcome`

// settle adds firings that did not run. One that is there, or has a run that is
// open, is left as it is. It returns how many were new.
func (t *tx) settle(firings []run.Firing) (int, error) {
	args := make([]any, 0, 8*len(firings))
	for _, f := range firings {
		t.dueBy(f.DueAt)
		args = append(args, f.ScheduleID, micros(f.DueAt), string(f.Outcome), string(f.Reason),
			f.RunID, f.Version, micros(f.SettledAt), f.HoldID)
	}
	added := 0
	err := t.bulk(func(rows *sql.Rows) error {
		var outcome run.Outcome
		err := rows.Scan((*string)(&outcome))
		t.tally.firing(outcome)
		added++
		return err
	}, settleQuery, 8, args)
	return added, err
}

const keepQuery = "INSERT INTO firings (" + firingColumns + ") SELECT " + firingOfRun + ` FROM runs
	WHERE id IN (VALUES ()) AND ` + byFiring + " ON CONFLICT DO NOTHING"

// keep adds the firings of runs that have ended.
func (t *tx) keep(runIDs []any) error {
	return t.bulk(nil, keepQuery, 1, runIDs)
}

// Miss records firings that did not run, a thousand in a transaction. With an
// error it returns how many were new before it.
func (d *DB) Miss(ctx context.Context, firings []run.Firing) (int, error) {
	if err := store.CheckFirings(firings); err != nil {
		return 0, fmt.Errorf("recording missed firings: %w", err)
	}
	total := 0
	for len(firings) > 0 {
		part := firings[:min(chunk, len(firings))]
		added, err := submit(ctx, d.writer, "recording missed firings", each((*tx).settle), part)
		if total += added; err != nil {
			return total, err
		}
		firings = firings[len(part):]
	}
	return total, nil
}

// Settled moves SettledUntil without a claim.
func (d *DB) Settled(ctx context.Context, hostID string, until time.Time) error {
	settled := func(t *tx, until time.Time) (struct{}, error) {
		if err := t.fence(hostID); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, t.settled(until)
	}
	_, err := submit(ctx, d.writer, "recording what is settled", each(settled), until)
	return err
}

func (t *tx) settled(until time.Time) error {
	return t.exec("UPDATE ledger SET settled_until = ?", microsOrNull(until))
}

// SettledUntil is the Until of the latest Claim or Settled call. There is one host
// at a time, so that what it says counts, also when a host before it had a clock
// that was ahead.
func (d *DB) SettledUntil(ctx context.Context) (time.Time, error) {
	var until sql.NullInt64
	err := d.read(ctx, "reading what is settled", func(ctx context.Context, q queryer) error {
		rows, err := q.QueryContext(ctx, "SELECT settled_until FROM ledger")
		if err != nil {
			return err
		}
		return drain(rows, func(rows *sql.Rows) error { return rows.Scan(&until) })
	})
	return fromNullMicros(until), err
}

// firingsQuery puts the firings whose run is open among the others.
const firingsQuery = `
SELECT * FROM (
	SELECT ` + firingColumns + ` FROM firings
	WHERE schedule_id = ?1 AND due_at >= ?2 AND due_at < ?3 ORDER BY due_at LIMIT ?4)
UNION ALL
SELECT ` + firingOfRun + ` FROM runs INDEXED BY runs_open
WHERE schedule_id = ?1 AND due_at >= ?2 AND due_at < ?3 AND ` + byFiring + ` AND ended_at IS NULL
ORDER BY due_at LIMIT ?4`

// Firings lists settled firings of a schedule in order of their due time.
func (d *DB) Firings(ctx context.Context, q store.FiringQuery) (firings []run.Firing, err error) {
	limit, err := store.PageSize(q.Limit, store.MaxPage)
	if err != nil {
		return nil, err
	}
	err = d.read(ctx, "listing firings", func(ctx context.Context, db queryer) (err error) {
		firings, err = collect(ctx, db, scanFiring, firingsQuery, q.ScheduleID, lower(q.From), upper(q.To), limit)
		return err
	})
	return firings, err
}

func scanFiring(rows *sql.Rows) (f run.Firing, err error) {
	var due, settled int64
	err = rows.Scan(&f.ScheduleID, &due, (*string)(&f.Outcome), (*string)(&f.Reason), &f.RunID, &f.Version, &settled, &f.HoldID)
	f.DueAt, f.SettledAt = fromMicros(due), fromMicros(settled)
	return f, err
}

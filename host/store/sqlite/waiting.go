package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

var _ store.Queue = (*DB)(nil)

// expiry is an instant at which a host gives up what waits too long.
type expiry struct {
	hostID string
	at     time.Time
}

// Expire ends the waiting runs whose WaitUntil has come.
func (d *DB) Expire(ctx context.Context, hostID string, at time.Time) ([]run.Run, error) {
	return submit(ctx, d.writer, "giving up runs that waited too long", each((*tx).expire), expiry{hostID, at})
}

const (
	expiredQuery = "INDEXED BY runs_expire WHERE state = 'waiting' AND wait_until IS NOT NULL AND wait_until <= ? ORDER BY wait_until, id"
	lastQuery    = "SELECT " + attemptColumns + " FROM attempts WHERE run_id = ? ORDER BY number DESC LIMIT 1"
)

func (t *tx) expire(e expiry) ([]run.Run, error) {
	if err := t.fence(e.hostID); err != nil {
		return nil, err
	}
	runs, err := t.runs(expiredQuery, micros(e.at))
	if err != nil {
		return nil, err
	}
	for i, r := range runs {
		var last *run.Attempt
		if r.Attempts > 0 {
			if last, err = t.lastAttempt(r.ID); err != nil {
				return nil, err
			}
		}
		runs[i] = store.GiveUp(r, last, e.at)
	}
	return runs, t.closeWaiting(runs)
}

func (t *tx) lastAttempt(runID string) (last *run.Attempt, err error) {
	err = t.query(func(rows *sql.Rows) error {
		a, err := scanAttempt(rows)
		last = &a
		return err
	}, lastQuery, runID)
	return last, err
}

const nextAtQuery = `SELECT min(
	(SELECT coalesce(min(ready_at), 9223372036854775807) FROM runs INDEXED BY runs_ready
		WHERE state = 'waiting' AND ready_at IS NOT NULL AND ready_at > ?1),
	(SELECT coalesce(min(wait_until), 9223372036854775807) FROM runs INDEXED BY runs_expire
		WHERE state = 'waiting' AND wait_until IS NOT NULL AND wait_until > ?1))`

// NextAt is the earliest instant after at at which a run that waits becomes ready
// or is to be given up.
func (d *DB) NextAt(ctx context.Context, at time.Time) (next time.Time, err error) {
	err = d.read(ctx, "reading when something is to be done", func(ctx context.Context, q queryer) error {
		found, err := collect(ctx, q, scanNumber, nextAtQuery, lower(at))
		if err == nil && found[0] != upper(time.Time{}) {
			next = fromMicros(found[0])
		}
		return err
	})
	return next, err
}

func scanNumber(rows *sql.Rows) (n int64, err error) {
	err = rows.Scan(&n)
	return n, err
}

// Checkpoint keeps what a plugin notes in a running attempt.
func (d *DB) Checkpoint(ctx context.Context, c store.Checkpoint) (bool, error) {
	const act = "keeping a checkpoint"
	if err := c.Check(); err != nil {
		return false, fmt.Errorf("%s: %w", act, err)
	}
	return submit(ctx, d.writer, act, each((*tx).checkpoint), c)
}

const checkpointQuery = `UPDATE attempts SET checkpoint = ?
	WHERE run_id = ? AND number = ? AND host_id = ? AND state = 'running' RETURNING number`

func (t *tx) checkpoint(c store.Checkpoint) (done bool, err error) {
	err = t.query(func(*sql.Rows) error {
		done = true
		return nil
	}, checkpointQuery, string(c.Data), c.RunID, int64(c.Number), c.HostID)
	return done, err
}

package postgres

import (
	"context"
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// expireChunk bounds what one transaction gives up.
const expireChunk = 1000

// expireQuery gives up runs, as store.GiveUp has it. It leaves out what is just
// being taken.
const expireQuery = `
WITH late AS MATERIALIZED (
	SELECT id, attempts FROM runs WHERE state = 'waiting' AND wait_until <= $1::timestamptz
	ORDER BY wait_until LIMIT $2::bigint FOR UPDATE SKIP LOCKED
), settled AS MATERIALIZED (
	SELECT l.id, a.state, a.reason, a.summary, a.error
	FROM late l LEFT JOIN attempts a ON a.run_id = l.id AND a.number = l.attempts
)
UPDATE runs r SET ended_at = $1::timestamptz, state = coalesce(s.state, 'cancelled'), reason = coalesce(s.reason, 'waited_too_long'),
	summary = coalesce(s.summary, r.summary), error = coalesce(s.error, r.error)
FROM settled s WHERE r.id = s.id RETURNING ` + qualifiedRunColumns

// expiredQuery is the proof that runs were given up.
const expiredQuery = "SELECT EXISTS (SELECT 1 FROM runs WHERE id = $1 AND ended_at = $2 AND state = $3 AND reason = $4)"

// Expire ends the waiting runs whose WaitUntil is at or before an instant, a
// thousand in a transaction. With an error it returns those of the ones before.
func (d *DB) Expire(ctx context.Context, hostID string, at time.Time) (all []run.Run, err error) {
	for {
		var ended []run.Run
		err := d.write(ctx, "giving up runs that wait", func(t *tx) error {
			ended = nil
			t.identify()
			t.fence(hostID)
			t.endAll(&ended, run.Waiting, expireQuery, at, expireChunk)
			if err := t.flush(); err != nil {
				return err
			}
			if len(ended) > 0 { // all of them or none
				t.prove(expiredQuery, ended[0].ID, ended[0].EndedAt, string(ended[0].State), string(ended[0].Reason))
			}
			return nil
		})
		if err != nil {
			return sorted(all), err
		}
		if all = append(all, ended...); len(ended) < expireChunk {
			return sorted(all), nil
		}
	}
}

const nextQuery = `SELECT least(
	(SELECT ready_at FROM runs WHERE state = 'waiting' AND ready_at > $1 ORDER BY ready_at LIMIT 1),
	(SELECT wait_until FROM runs WHERE state = 'waiting' AND wait_until > $1 ORDER BY wait_until LIMIT 1))`

// NextAt is the earliest instant after t at which a run that waits becomes ready
// or is to be given up.
func (d *DB) NextAt(ctx context.Context, t time.Time) (next time.Time, err error) {
	var at *time.Time
	err = d.read(ctx, "looking for what waits", func(tx *tx) error {
		tx.q(nextQuery, t).QueryRow(into(&at))
		return nil
	})
	return fromNull(at), err
}

const unfollowedQuery = "SELECT " + runColumns + ` FROM runs WHERE follow AND ended_at IS NOT NULL
ORDER BY ended_at, id LIMIT $1`

// Unfollowed lists runs that have ended and after which something is to be done.
func (d *DB) Unfollowed(ctx context.Context, limit int) (runs []run.Run, err error) {
	const act = "listing what is to be followed"
	if limit, err = store.PageSize(limit, store.MaxPage); err != nil {
		return nil, fmt.Errorf("%s: %w", act, err)
	}
	err = d.read(ctx, act, func(t *tx) error {
		scanRuns(t, &runs, unfollowedQuery, limit)
		return nil
	})
	return runs, err
}

// followedQuery takes the rows in order: two hosts that were told the same do not
// wait for each other in turn.
const followedQuery = `UPDATE runs SET follow = false, followed = true WHERE id = ANY (ARRAY (
	SELECT id FROM runs WHERE id = ANY ($1::text[]) AND follow AND ended_at IS NOT NULL ORDER BY id FOR UPDATE))`

// Followed says that all is done that was to be done after the end of runs. Said
// again, it changes nothing: a commit whose answer was lost is not asked about.
func (d *DB) Followed(ctx context.Context, runIDs []string) error {
	if len(runIDs) == 0 {
		return nil
	}
	return d.write(ctx, "recording what was followed", func(t *tx) error {
		t.q(followedQuery, runIDs)
		return nil
	})
}

const childrenQuery = "SELECT " + listColumns + ` FROM runs WHERE parent_id = $1 AND parent_id <> ''
ORDER BY created_at, id LIMIT $2`

// Children lists the runs that the end of a run has made.
func (d *DB) Children(ctx context.Context, runID string) (runs []run.Run, err error) {
	err = d.read(ctx, "listing what followed a run", func(t *tx) error {
		scanRuns(t, &runs, childrenQuery, runID, store.MaxPage)
		return nil
	})
	return runs, err
}

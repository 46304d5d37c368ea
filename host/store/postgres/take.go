package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"butlerd/host/run"
	"butlerd/host/store"
)

const (
	// takeable is what a run matches that a take may have, were it not for pools and
	// other runs of its schedule.
	takeable = `r.state = 'waiting' AND r.plugin = $3::text AND (r.ready_at IS NULL OR r.ready_at <= $2::timestamptz)
		AND r.schedule_id <> ALL ($5::text[])`
	// bound is what a waiting run matches that may have to wait for others: those of
	// its pool, or of its schedule. The words are those of an index.
	bound   = `r.state = 'waiting' AND (r.pool <> '' OR r.overlap IN ('queue', 'replace'))`
	inOrder = `r.priority DESC, r.due_at, r.id`
)

// boundQuery says whether runs are to be taken that are bound.
const boundQuery = "SELECT EXISTS (SELECT 1 FROM runs r WHERE " + takeable + " AND " + bound + ") AND $1::text <> '' AND $4::bigint > 0"

// takeQuery starts attempts of what waits, where nothing of it is bound. It leaves
// out what another host is just taking.
const takeQuery = startHead + "SELECT r.id FROM runs r WHERE r.pool = '' AND " + takeable + " AND NOT EXISTS (SELECT 1 FROM runs r WHERE " +
	takeable + " AND " + bound + ") ORDER BY " + inOrder + " LIMIT $4::bigint FOR UPDATE SKIP LOCKED" + startTail

// startHead and startTail are around a query that locks runs, and start attempts of
// these. A run keeps the Resume that its attempt has: the caller takes it away.
const (
	startHead = `
WITH taken AS (
	UPDATE runs SET state = 'running', started_at = coalesce(started_at, $2::timestamptz), attempts = attempts + 1,
		ready_at = NULL, wait_until = NULL
	WHERE id = ANY (ARRAY (`
	startTail = `)) RETURNING ` + runColumns + `
), begun AS (
	INSERT INTO attempts (` + openColumns + `)
	SELECT id, attempts, $1::text, $2::timestamptz, resume, ` + opened + ` FROM taken
)
SELECT ` + runColumns + ` FROM taken`
)

// openColumns are those of an attempt that begins, and opened the values of the
// last of them.
const (
	openColumns = "run_id, number, host_id, started_at, resumes, state, reason, summary, error, log_lines, log_bytes, dropped, begun_by"
	opened      = "'running', '', '', '', 0, 0, 0, " + begunBy
	// begunBy is the version of the schema that a host must know to begin an attempt.
	begunBy = "3"
)

// takenQuery is the proof of a take. The time is for a host that takes a run again
// whose first take was lost.
const takenQuery = `SELECT EXISTS (SELECT 1 FROM attempts
	WHERE run_id = $1 AND number = $2 AND host_id = $3 AND started_at = $4)`

// Take starts attempts of waiting runs of one plugin.
func (d *DB) Take(ctx context.Context, what store.Take) (taken []run.Run, err error) {
	const act = "taking waiting runs"
	if err := what.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", act, err)
	}
	if what.Except == nil {
		what.Except = []string{}
	}
	err = d.write(ctx, act, func(t *tx) (err error) {
		taken, err = t.take(what)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(taken, func(a, b run.Run) int {
		return cmp.Or(b.Priority-a.Priority, a.DueAt.Compare(b.DueAt), strings.Compare(a.ID, b.ID))
	})
	return taken, nil
}

// take takes what is free in one exchange. Whether anything is bound is asked
// first: what is bound from then on is announced by whoever binds it.
func (t *tx) take(what store.Take) (taken []run.Run, err error) {
	var isBound bool
	t.identify()
	t.fence(what.HostID)
	t.q(boundQuery, takeArgs(what)...).QueryRow(into(&isBound))
	scanRuns(t, &taken, takeQuery, takeArgs(what)...)
	if err := t.flush(); err != nil {
		return nil, err
	}
	if isBound && len(taken) == 0 {
		if taken, err = t.takeBound(what); err != nil {
			return nil, err
		}
	}
	var resumed []string
	for _, r := range taken {
		t.tally.move(r.Plugin, run.Waiting, run.Running)
		if r.Resume != 0 {
			resumed = append(resumed, r.ID)
		}
	}
	if len(resumed) > 0 {
		t.q("UPDATE runs SET resume = 0 WHERE id = ANY ($1::text[])", resumed)
	}
	if len(taken) > 0 { // all of them or none
		t.prove(takenQuery, taken[0].ID, taken[0].Attempts, what.HostID, what.At)
	}
	return taken, nil
}

func takeArgs(what store.Take) []any {
	return []any{what.HostID, what.At, what.Plugin, what.Limit, what.Except}
}

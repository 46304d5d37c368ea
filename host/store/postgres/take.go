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

// takeQuery starts the first attempts of the waiting runs that are due first. It
// leaves out those that another host is just taking.
const takeQuery = `
WITH taken AS (
	UPDATE runs SET state = 'running', started_at = $2::timestamptz, attempts = 1 WHERE id = ANY (ARRAY (
		SELECT id FROM runs WHERE state = 'waiting' AND plugin = $3::text AND schedule_id <> ALL ($5::text[])
		ORDER BY due_at, id LIMIT $4::bigint FOR UPDATE SKIP LOCKED))
	RETURNING ` + runColumns + `
), begun AS (
	INSERT INTO attempts (run_id, number, host_id, started_at, state, reason, summary, error, log_lines, log_bytes, dropped)
	SELECT id, 1, $1::text, $2::timestamptz, 'running', '', '', '', 0, 0, 0 FROM taken
)
SELECT ` + runColumns + ` FROM taken`

// takenQuery is the proof of a take. The time is for a host that takes a run again
// whose first take was lost.
const takenQuery = `SELECT EXISTS (SELECT 1 FROM attempts
	WHERE run_id = $1 AND number = 1 AND host_id = $2 AND started_at = $3)`

// Take starts the first attempts of waiting runs of one plugin, the earliest due
// first.
func (d *DB) Take(ctx context.Context, what store.Take) (taken []run.Run, err error) {
	const act = "taking waiting runs"
	if err := what.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", act, err)
	}
	except := what.Except
	if except == nil {
		except = []string{}
	}
	err = d.write(ctx, act, func(t *tx) error {
		taken = nil
		t.identify()
		t.fence(what.HostID)
		scanRuns(t, &taken, takeQuery, what.HostID, what.At, what.Plugin, what.Limit, except)
		if err := t.flush(); err != nil {
			return err
		}
		for _, r := range taken {
			t.tally.move(r.Plugin, run.Waiting, run.Running)
		}
		if len(taken) > 0 { // all of them or none
			t.prove(takenQuery, taken[0].ID, what.HostID, what.At)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(taken, func(a, b run.Run) int {
		return cmp.Or(a.DueAt.Compare(b.DueAt), strings.Compare(a.ID, b.ID))
	})
	return taken, nil
}

// Abandon ends a waiting run that will not be started.
func (d *DB) Abandon(ctx context.Context, a store.Abandon) (done bool, err error) {
	const act = "abandoning a run"
	if err := a.Check(); err != nil {
		return false, fmt.Errorf("%s: %w", act, err)
	}
	err = d.write(ctx, act, func(t *tx) error {
		var ended []run.Run
		scanRuns(t, &ended, `UPDATE runs SET state = $2, reason = $3, ended_at = $4, error = $5
			WHERE id = $1 AND state = 'waiting' RETURNING `+runColumns,
			a.RunID, string(a.State), string(a.Reason), a.At, a.Error)
		if err := t.flush(); err != nil {
			return err
		}
		for _, r := range ended {
			t.tally.move(r.Plugin, run.Waiting, r.State)
		}
		done = len(ended) > 0
		return nil
	})
	return done && err == nil, err
}

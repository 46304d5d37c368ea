package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// Take starts attempts of waiting runs of one plugin.
func (d *DB) Take(ctx context.Context, t store.Take) ([]run.Run, error) {
	if err := t.Check(); err != nil {
		return nil, fmt.Errorf("taking waiting runs: %w", err)
	}
	return submit(ctx, d.writer, "taking waiting runs", each((*tx).take), t)
}

func (t *tx) take(what store.Take) ([]run.Run, error) {
	if err := t.fence(what.HostID); err != nil {
		return nil, err
	}
	ids, err := t.choose(what)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	taken, err := t.runsInOrder(ids)
	if err != nil {
		return nil, err
	}
	var args []any
	starts := make([]attemptStart, len(taken))
	for i := range taken {
		r := &taken[i]
		if r.State, r.Attempts = run.Running, r.Attempts+1; r.StartedAt.IsZero() {
			r.StartedAt = stored(what.At)
		}
		r.ReadyAt, r.WaitUntil = time.Time{}, time.Time{}
		args = append(args, r.ID, micros(r.StartedAt))
		starts[i] = attemptStart{r.ID, what.HostID, what.At, r.Attempts, r.Resume}
		t.tally.move(run.Waiting, run.Running)
	}
	if err := t.bulk(nil, startQuery, 2, args); err != nil {
		return nil, err
	}
	return taken, t.addAttempts(starts)
}

const startQuery = `
WITH started (id, at) AS (VALUES ())
UPDATE runs SET state = 'running', started_at = started.at, attempts = attempts + 1,
	ready_at = NULL, wait_until = NULL, resume = 0
FROM started WHERE runs.id = started.id`

// runsQuery reads runs by their ids.
const runsQuery = "WITH wanted (id) AS (VALUES ()) SELECT " + runColumns + " FROM wanted CROSS JOIN runs USING (id)"

func (t *tx) runsInOrder(ids []string) ([]run.Run, error) {
	args, places := make([]any, len(ids)), make(map[string]int, len(ids))
	for i, id := range ids {
		args[i], places[id] = id, i
	}
	runs := make([]run.Run, len(ids))
	err := t.bulk(func(rows *sql.Rows) error {
		r, err := scanRun(rows)
		runs[places[r.ID]] = r
		return err
	}, runsQuery, 1, args)
	return runs, err
}

const countWaitingQuery = `SELECT plugin, sum(n) FROM (
	SELECT plugin, count(*) AS n FROM runs INDEXED BY runs_waiting WHERE state = 'waiting' AND ready_at IS NULL GROUP BY plugin
	UNION ALL
	SELECT plugin, count(*) FROM runs INDEXED BY runs_later WHERE state = 'waiting' AND ready_at IS NOT NULL GROUP BY plugin)
GROUP BY plugin`

// Waiting says how many runs wait, by plugin.
func (d *DB) Waiting(ctx context.Context) (map[string]int, error) {
	waiting := map[string]int{}
	err := d.read(ctx, "counting what waits", func(ctx context.Context, q queryer) error {
		rows, err := q.QueryContext(ctx, countWaitingQuery)
		if err != nil {
			return err
		}
		return drain(rows, func(rows *sql.Rows) error {
			var plugin string
			var n int
			err := rows.Scan(&plugin, &n)
			waiting[plugin] = n
			return err
		})
	})
	return waiting, err
}

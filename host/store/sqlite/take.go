package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"butlerd/host/run"
	"butlerd/host/store"
)

// Take starts the first attempts of waiting runs of one plugin.
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
	taken, err := t.waiting(what)
	if err != nil {
		return nil, err
	}
	var args []any
	starts := make([]attemptStart, len(taken))
	for i := range taken {
		r := &taken[i]
		r.State, r.StartedAt, r.Attempts = run.Running, stored(what.At), 1
		args = append(args, r.ID, micros(r.StartedAt))
		starts[i] = attemptStart{r.ID, what.HostID, r.StartedAt}
		t.tally.move(run.Waiting, run.Running)
	}
	if err := t.bulk(nil, startQuery, 2, args); err != nil {
		return nil, err
	}
	return taken, t.addAttempts(starts)
}

const startQuery = `
WITH started (id, at) AS (VALUES ())
UPDATE runs SET state = 'running', started_at = started.at, attempts = 1
FROM started WHERE runs.id = started.id`

const waitingQuery = "SELECT " + runColumns + ` FROM runs INDEXED BY runs_waiting
	WHERE plugin = ? AND state = 'waiting' ORDER BY due_at, id`

// errEnough ends a query of which enough was read.
var errEnough = errors.New("enough was read")

// waiting returns the runs that are to be taken. Those of the schedules that are
// left to others are passed over here: as a part of the query they would make
// another statement for each number of them.
func (t *tx) waiting(what store.Take) (found []run.Run, err error) {
	except := make(map[string]bool, len(what.Except))
	for _, id := range what.Except {
		except[id] = true
	}
	err = t.query(func(rows *sql.Rows) error {
		r, err := scanRun(rows)
		if err != nil || except[r.ScheduleID] {
			return err
		}
		if found = append(found, r); len(found) == what.Limit {
			return errEnough
		}
		return nil
	}, waitingQuery, what.Plugin)
	if errors.Is(err, errEnough) {
		err = nil
	}
	return found, err
}

const countWaitingQuery = "SELECT plugin, count(*) FROM runs INDEXED BY runs_waiting WHERE state = 'waiting' GROUP BY plugin"

// Waiting says how many runs wait for a slot, by plugin.
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

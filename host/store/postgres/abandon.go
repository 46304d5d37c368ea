package postgres

import (
	"context"
	"fmt"

	"butlerd/host/run"
	"butlerd/host/store"
)

const abandonQuery = `UPDATE runs SET state = CASE resume WHEN 0 THEN $2::text ELSE 'lost' END,
	reason = CASE resume WHEN 0 THEN $3::text ELSE 'unknown_end' END, ended_at = $4, error = $5
WHERE id = $1 AND state = 'waiting' RETURNING ` + runColumns

// Abandon ends a waiting run that will not be started.
func (d *DB) Abandon(ctx context.Context, a store.Abandon) (done bool, err error) {
	const act = "abandoning a run"
	if err := a.Check(); err != nil {
		return false, fmt.Errorf("%s: %w", act, err)
	}
	err = d.write(ctx, act, func(t *tx) error {
		var ended []run.Run
		scanRuns(t, &ended, abandonQuery, a.RunID, string(a.State), string(a.Reason), a.At, a.Error)
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

package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"butlerd/host/store"
)

const checkpointQuery = `UPDATE attempts SET checkpoint = $4
WHERE run_id = $1 AND number = $2 AND host_id = $3 AND state = 'running'`

// Checkpoint keeps what a plugin notes in a running attempt. Noted again, it says
// the same: a commit whose answer was lost is not asked about.
func (d *DB) Checkpoint(ctx context.Context, c store.Checkpoint) (kept bool, err error) {
	const act = "keeping a checkpoint"
	if err := c.Check(); err != nil {
		return false, fmt.Errorf("%s: %w", act, err)
	}
	err = d.write(ctx, act, func(t *tx) error {
		t.keepUp([]string{c.HostID})
		t.q(checkpointQuery, c.RunID, c.Number, c.HostID, textOrNull(c.Data)).Exec(func(tag pgconn.CommandTag) error {
			kept = tag.RowsAffected() > 0
			return nil
		})
		return t.flush()
	})
	return kept && err == nil, err
}

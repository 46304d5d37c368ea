package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"butlerd/host/store"
)

// Declare keeps which schedules a host's files declare. Hosts do it one after
// the other: of two that drop a schedule at once, the second sees that the first
// has.
func (d *DB) Declare(ctx context.Context, hostID string, ids []string) (others []string, err error) {
	if ids == nil {
		ids = []string{}
	}
	err = d.write(ctx, "declaring schedules", func(t *tx) error {
		others = nil
		t.lock(t.db.locks.join)
		t.fence(hostID)
		t.q("DELETE FROM declared WHERE host_id = $1 AND schedule_id <> ALL ($2::text[])", hostID, ids)
		t.q(`INSERT INTO declared (host_id, schedule_id) SELECT DISTINCT $1::text, id FROM unnest($2::text[]) AS d (id)
			ON CONFLICT DO NOTHING`, hostID, ids)
		list(t, &others, scanText, `SELECT DISTINCT schedule_id FROM declared d JOIN hosts h ON h.id = d.host_id
			WHERE h.id <> $1 AND h.ended_at IS NULL ORDER BY schedule_id`, hostID)
		return t.flush()
	})
	if err != nil {
		return nil, err
	}
	return others, nil
}

// Order asks another host for something.
func (d *DB) Order(ctx context.Context, o store.Order) error {
	const act = "ordering"
	if err := o.Check(); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	return d.write(ctx, act, func(t *tx) error {
		what := fmt.Sprintf("host %q", o.HostID)
		query, args := `INSERT INTO orders (host_id, kind, run_id)
			SELECT id, $2::text, '' FROM hosts WHERE id = $1 AND `+held, []any{o.HostID, string(o.Kind)}
		if o.Kind == store.OrderCancel || o.Kind == store.OrderReplace {
			what = fmt.Sprintf("an open attempt of run %q", o.RunID)
			query, args = `INSERT INTO orders (host_id, kind, run_id)
				SELECT a.host_id, $2::text, a.run_id FROM attempts a JOIN hosts h ON h.id = a.host_id
				WHERE a.run_id = $1 AND a.state = 'running' AND h.ended_at IS NULL`, []any{o.RunID, string(o.Kind)}
		}
		t.q(query, args...).Exec(func(tag pgconn.CommandTag) error {
			if tag.RowsAffected() == 0 {
				return fmt.Errorf("%s: %w", what, store.ErrNotFound)
			}
			return nil
		})
		if err := t.flush(); err != nil {
			return err
		}
		t.wake()
		return nil
	})
}

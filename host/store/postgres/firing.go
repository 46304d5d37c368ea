package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/run"
	"butlerd/host/store"
)

const firingColumns = "schedule_id, due_at, outcome, reason, run_id, hold_id, version, settled_at"

const settleQuery = `
INSERT INTO firings (` + firingColumns + `)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
	$8::timestamptz[])
	AS f (` + firingColumns + `) ORDER BY schedule_id, due_at
ON CONFLICT DO NOTHING RETURNING outcome`

// settle queues firings that did not run. One that is there is left as it is.
// Those that are new are counted in added, unless it is nil.
func (t *tx) settle(firings []run.Firing, added *int) {
	if len(firings) == 0 {
		return
	}
	each(t, func(rows pgx.Rows) error {
		var outcome run.Outcome
		err := rows.Scan((*string)(&outcome))
		t.tally.firing(outcome)
		if added != nil {
			*added++
		}
		return err
	}, settleQuery,
		column(firings, func(f run.Firing) string { return f.ScheduleID }),
		column(firings, func(f run.Firing) time.Time { return f.DueAt }),
		column(firings, func(f run.Firing) string { return string(f.Outcome) }),
		column(firings, func(f run.Firing) string { return string(f.Reason) }),
		column(firings, func(f run.Firing) string { return f.RunID }),
		column(firings, func(f run.Firing) string { return f.HoldID }),
		column(firings, func(f run.Firing) int64 { return f.Version }),
		column(firings, func(f run.Firing) time.Time { return f.SettledAt }))
}

// Miss records firings that did not run, a thousand in a transaction. With an
// error it returns how many were new before it.
func (d *DB) Miss(ctx context.Context, firings []run.Firing) (int, error) {
	const act = "recording missed firings"
	if err := store.CheckFirings(firings); err != nil {
		return 0, fmt.Errorf("%s: %w", act, err)
	}
	total := 0
	for {
		part := firings[:min(chunk, len(firings))]
		added := 0
		err := d.write(ctx, act, func(t *tx) error {
			added = 0
			t.lockShared()
			t.settle(part, &added)
			return t.flush()
		})
		if err != nil {
			return total, err
		}
		if total, firings = total+added, firings[len(part):]; len(firings) == 0 {
			return total, nil
		}
	}
}

// Firings lists settled firings of a schedule in order of their due time.
func (d *DB) Firings(ctx context.Context, q store.FiringQuery) (firings []run.Firing, err error) {
	limit, err := store.PageSize(q.Limit, store.MaxPage)
	if err != nil {
		return nil, err
	}
	err = d.read(ctx, "listing firings", func(t *tx) error {
		list(t, &firings, scanFiring, firingsQuery, q.ScheduleID, q.From, upper(q.To), limit)
		return nil
	})
	return firings, err
}

const firingsQuery = "SELECT " + firingColumns + ` FROM firings
WHERE schedule_id = $1 AND due_at >= $2 AND due_at < $3 ORDER BY due_at LIMIT $4`

func scanFiring(rows pgx.Rows) (f run.Firing, err error) {
	err = rows.Scan(&f.ScheduleID, &f.DueAt, (*string)(&f.Outcome), (*string)(&f.Reason), &f.RunID,
		&f.HoldID, &f.Version, &f.SettledAt)
	f.DueAt, f.SettledAt = f.DueAt.UTC(), f.SettledAt.UTC()
	return f, err
}

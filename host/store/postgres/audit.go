package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/run"
	"butlerd/host/store"
)

// settlementsQuery goes through all of the key from a place on. The instants are in
// the key, so that those out of the range cost little.
const (
	settlementsWhere = `(schedule_id, due_at) > ($5, $6) AND due_at >= $1 AND due_at < $2
	AND settled_at >= $3 AND settled_at < $4`
	settlementsQuery = "SELECT " + firingColumns + " FROM firings WHERE " + settlementsWhere +
		" ORDER BY schedule_id, due_at LIMIT $7"
	// daySettlementsQuery is for what was settled on one day: a page costs the same
	// however many other days there are.
	daySettlementsQuery = "SELECT " + firingColumns + " FROM firings WHERE " + settlementsWhere +
		" AND " + settledDay + " = $8::date ORDER BY " + settledDay + ", schedule_id, due_at LIMIT $7"
	settledDay = "((settled_at AT TIME ZONE 'UTC')::date)"
)

// Settlements lists settled firings of all schedules.
func (d *DB) Settlements(ctx context.Context, q store.SettlementQuery) (firings []run.Firing, err error) {
	const act = "listing settlements"
	limit, err := store.PageSize(q.Limit, store.MaxPage)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", act, err)
	}
	query, args := settlementsQuery, []any{q.From, upper(q.To), q.SettledFrom, upper(q.SettledTo),
		q.After.ScheduleID, q.After.DueAt, limit}
	if day, one := oneDay(q.SettledFrom, q.SettledTo); one {
		query, args = daySettlementsQuery, append(args, day)
	}
	err = d.read(ctx, act, func(t *tx) error {
		list(t, &firings, scanFiring, query, args...)
		return nil
	})
	return firings, err
}

// SettledOn hands out the firings that were settled within 24 hours, page by page.
func (d *DB) SettledOn(ctx context.Context, day time.Time, to func(run.Firing) error) error {
	q := store.SettlementQuery{SettledFrom: day, SettledTo: day.Add(24 * time.Hour), Limit: store.MaxPage}
	for {
		page, err := d.Settlements(ctx, q)
		if err != nil {
			return err
		}
		for _, f := range page {
			if err := to(f); err != nil {
				return err
			}
		}
		if len(page) < store.MaxPage {
			return nil
		}
		last := page[len(page)-1]
		q.After = store.SettlementKey{ScheduleID: last.ScheduleID, DueAt: last.DueAt}
	}
}

// oneDay says whether a range is within one day, and which.
func oneDay(from, to time.Time) (day time.Time, one bool) {
	day = from.UTC().Truncate(24 * time.Hour)
	return day, !from.IsZero() && !to.IsZero() && !to.After(day.Add(24*time.Hour))
}

const firingRunsQuery = `SELECT schedule_id, due_at, id, version, trigger, state FROM runs
WHERE trigger IN ('firing', 'catch_up') AND (schedule_id, due_at, id) > ($5, $6, $7) AND due_at >= $1 AND due_at < $2
	AND created_at >= $3 AND created_at < $4
ORDER BY schedule_id, due_at, id LIMIT $8`

// FiringRuns lists the runs that firings have made.
func (d *DB) FiringRuns(ctx context.Context, q store.SettlementQuery) (runs []store.FiringRun, err error) {
	const act = "listing the runs of firings"
	limit, err := store.PageSize(q.Limit, store.MaxPage)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", act, err)
	}
	err = d.read(ctx, act, func(t *tx) error {
		list(t, &runs, scanFiringRun, firingRunsQuery, q.From, upper(q.To), q.SettledFrom, upper(q.SettledTo),
			q.After.ScheduleID, q.After.DueAt, q.After.RunID, limit)
		return nil
	})
	return runs, err
}

func scanFiringRun(rows pgx.Rows) (r store.FiringRun, err error) {
	err = rows.Scan(&r.ScheduleID, &r.DueAt, &r.RunID, &r.Version, (*string)(&r.Trigger), (*string)(&r.State))
	r.DueAt = r.DueAt.UTC()
	return r, err
}

// KeptSince is the instant since when all settlements are kept.
func (d *DB) KeptSince(ctx context.Context) (time.Time, error) {
	var since *time.Time
	err := d.read(ctx, "reading what is kept", func(t *tx) error {
		t.q("SELECT kept_since FROM ledger").QueryRow(into(&since))
		return nil
	})
	return fromNull(since), err
}

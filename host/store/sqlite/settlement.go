package sqlite

import (
	"context"
	"database/sql"
	"math"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

var _ store.Audit = (*DB)(nil)

// Settlements and runs of firings are selected by the same arguments: ?1 to ?3 is the
// place in the order, ?4 to ?7 are the bounds, ?8 is the limit.
const (
	afterFiring = "(schedule_id, due_at) > (?1, ?2)"
	afterRun    = "(schedule_id, due_at, id) > (?1, ?2, ?3)"
	dueWithin   = " AND due_at >= ?4 AND due_at < ?5 "
	madeWithin  = " AND created_at >= ?6 AND created_at < ?7 "

	openFirings = ` FROM runs INDEXED BY runs_open WHERE ended_at IS NULL AND schedule_id >= ?1 AND ` + byFiring +
		dueWithin + madeWithin
)

// settlementsQuery puts the firings whose run is open among the others.
const settlementsQuery = "SELECT * FROM (SELECT " + firingColumns + " FROM firings WHERE " + afterFiring + dueWithin + `
	ORDER BY schedule_id, due_at LIMIT ?8)
UNION ALL SELECT ` + firingOfRun + openFirings + "AND " + afterFiring + `
ORDER BY schedule_id, due_at LIMIT ?8`

// settledQuery is the same for those that were settled at some time, such as a day:
// their keys are found in the index of that, and sorted.
const settledQuery = "SELECT " + firingColumns + ` FROM (
	SELECT schedule_id, due_at FROM firings INDEXED BY firings_settled
	WHERE settled_at >= ?6 AND settled_at < ?7 AND ` + afterFiring + dueWithin + `
	ORDER BY schedule_id, due_at LIMIT ?8) CROSS JOIN firings USING (schedule_id, due_at)
UNION ALL SELECT ` + firingOfRun + openFirings + "AND " + afterFiring + `
ORDER BY schedule_id, due_at LIMIT ?8`

// daySettlementsQuery goes through them once, and leaves it to SQLite to sort them:
// what it has no memory for it sorts in a temporary file. An index in this order would
// cost each end of a run a page of its own.
const daySettlementsQuery = "SELECT " + firingColumns + ` FROM firings INDEXED BY firings_settled
	WHERE settled_at >= ?1 AND settled_at < ?2
UNION ALL SELECT ` + firingOfRun + ` FROM runs INDEXED BY runs_open
	WHERE ended_at IS NULL AND ` + byFiring + ` AND created_at >= ?1 AND created_at < ?2
ORDER BY schedule_id, due_at`

// SettledOn hands out the firings that were settled within 24 hours.
func (d *DB) SettledOn(ctx context.Context, day time.Time, to func(run.Firing) error) error {
	var failed error
	err := d.read(ctx, "listing the settlements of a day", func(ctx context.Context, db queryer) error {
		rows, err := db.QueryContext(ctx, daySettlementsQuery, micros(day), micros(day.Add(24*time.Hour)))
		if err != nil {
			return err
		}
		return drain(rows, func(rows *sql.Rows) error {
			f, err := scanFiring(rows)
			if err != nil {
				return err
			}
			failed = to(f)
			return failed
		})
	})
	if failed != nil {
		return failed
	}
	return err
}

// Settlements lists settled firings of all schedules.
func (d *DB) Settlements(ctx context.Context, q store.SettlementQuery) (firings []run.Firing, err error) {
	args, err := settlementArgs(q)
	if err != nil {
		return nil, err
	}
	query := settlementsQuery
	if !q.SettledFrom.IsZero() || !q.SettledTo.IsZero() {
		query = settledQuery
	}
	err = d.read(ctx, "listing settlements", func(ctx context.Context, db queryer) (err error) {
		firings, err = collect(ctx, db, scanFiring, query, args...)
		return err
	})
	return firings, err
}

func settlementArgs(q store.SettlementQuery) ([]any, error) {
	limit, err := store.PageSize(q.Limit, store.MaxPage)
	due := int64(math.MinInt64)
	if q.After != (store.SettlementKey{}) {
		due = micros(q.After.DueAt)
	}
	return []any{q.After.ScheduleID, due, q.After.RunID, lower(q.From), upper(q.To),
		lower(q.SettledFrom), upper(q.SettledTo), limit}, err
}

const firingRunColumns = "schedule_id, due_at, id, version, trigger, state"

const firingRunsQuery = "SELECT * FROM (SELECT " + firingRunColumns + ` FROM runs INDEXED BY runs_fired
	WHERE ended_at IS NOT NULL AND ` + byFiring + " AND " + afterRun + dueWithin + madeWithin + `
	ORDER BY schedule_id, due_at, id LIMIT ?8)
UNION ALL SELECT ` + firingRunColumns + openFirings + "AND " + afterRun + `
ORDER BY schedule_id, due_at, id LIMIT ?8`

// FiringRuns lists the runs that firings have made.
func (d *DB) FiringRuns(ctx context.Context, q store.SettlementQuery) (runs []store.FiringRun, err error) {
	args, err := settlementArgs(q)
	if err != nil {
		return nil, err
	}
	err = d.read(ctx, "listing runs of firings", func(ctx context.Context, db queryer) (err error) {
		runs, err = collect(ctx, db, scanFiringRun, firingRunsQuery, args...)
		return err
	})
	return runs, err
}

func scanFiringRun(rows *sql.Rows) (r store.FiringRun, err error) {
	var due int64
	err = rows.Scan(&r.ScheduleID, &due, &r.RunID, &r.Version, (*string)(&r.Trigger), (*string)(&r.State))
	r.DueAt = fromMicros(due)
	return r, err
}

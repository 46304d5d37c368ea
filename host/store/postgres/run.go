package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/run"
	"butlerd/host/store"
)

const (
	runColumns = briefColumns + ", work"
	// listColumns take the place of runColumns in lists: a page of work may be a gigabyte.
	listColumns = briefColumns + ", NULL::text AS work"
)

const briefColumns = `id, schedule_id, schedule_name, version, trigger, by, idempotency_key, due_at,
	created_at, started_at, ended_at, state, reason, action, plugin, summary, error, attempts,
	step, parent_id, pool, priority, ready_at, wait_until, resume`

// qualifiedRunColumns are those of a run r, for queries in which others have such
// names too.
const qualifiedRunColumns = `r.id, r.schedule_id, r.schedule_name, r.version, r.trigger, r.by, r.idempotency_key, r.due_at,
	r.created_at, r.started_at, r.ended_at, r.state, r.reason, r.action, r.plugin, r.summary, r.error, r.attempts,
	r.step, r.parent_id, r.pool, r.priority, r.ready_at, r.wait_until, r.resume, r.work`

func scanRun(rows pgx.Row) (r run.Run, err error) {
	err = scanRunAnd(rows, &r)
	return r, err
}

// scanRunAnd receives runColumns, and more columns behind them.
func scanRunAnd(rows pgx.Row, r *run.Run, more ...any) error {
	var started, ended, ready, until *time.Time
	var work *string
	err := rows.Scan(append([]any{&r.ID, &r.ScheduleID, &r.ScheduleName, &r.Version, (*string)(&r.Trigger), &r.By,
		&r.IdempotencyKey, &r.DueAt, &r.CreatedAt, &started, &ended, (*string)(&r.State), (*string)(&r.Reason),
		&r.Action, &r.Plugin, &r.Summary, &r.Error, &r.Attempts,
		&r.Step, &r.ParentID, &r.Pool, &r.Priority, &ready, &until, &r.Resume, &work}, more...)...)
	if err != nil {
		return err
	}
	r.DueAt, r.CreatedAt = r.DueAt.UTC(), r.CreatedAt.UTC()
	r.StartedAt, r.EndedAt = fromNull(started), fromNull(ended)
	r.ReadyAt, r.WaitUntil = fromNull(ready), fromNull(until)
	r.Work, err = store.DecodeWork(work)
	return err
}

const attemptColumns = `run_id, number, host_id, state, reason, started_at, ended_at, summary, error,
	result, log_lines, log_bytes, dropped, resumes, checkpoint`

func scanAttempt(rows pgx.Rows) (a run.Attempt, err error) {
	var ended *time.Time
	err = rows.Scan(&a.RunID, &a.Number, &a.HostID, (*string)(&a.State), (*string)(&a.Reason), &a.StartedAt,
		&ended, &a.Summary, &a.Error, (*document)(&a.Result), &a.LogLines, &a.LogBytes, &a.Dropped,
		&a.Resumes, (*document)(&a.Checkpoint))
	a.StartedAt, a.EndedAt = a.StartedAt.UTC(), fromNull(ended)
	return a, err
}

// Run returns one run with its attempts, oldest first.
func (d *DB) Run(ctx context.Context, id string) (r run.Run, attempts []run.Attempt, err error) {
	const act = "reading a run"
	var found []run.Run
	err = d.read(ctx, act, func(t *tx) error {
		scanRuns(t, &found, "SELECT "+runColumns+" FROM runs WHERE id = $1", id)
		list(t, &attempts, scanAttempt, "SELECT "+attemptColumns+" FROM attempts WHERE run_id = $1 ORDER BY number", id)
		return nil
	})
	if err != nil {
		return r, nil, err
	}
	if len(found) == 0 {
		return r, nil, fmt.Errorf("%s: run %q: %w", act, id, store.ErrNotFound)
	}
	return found[0], attempts, nil
}

// scanRuns appends the runs that a query returns.
func scanRuns(t *tx, all *[]run.Run, query string, args ...any) {
	list(t, all, func(rows pgx.Rows) (run.Run, error) { return scanRun(rows) }, query, args...)
}

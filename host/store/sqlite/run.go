package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

const runColumns = `id, schedule_id, schedule_name, version, trigger, by, idempotency_key, due_at,
	created_at, started_at, ended_at, state, reason, action, plugin, summary, error, attempts`

// addRuns adds runs that are Waiting, or Running with a first attempt of host's
// that started as the run was made.
func (t *tx) addRuns(runs []run.Run, host string) error {
	var args []any
	var starts []attemptStart
	for _, r := range runs {
		if r.State == run.Running {
			r.StartedAt, r.Attempts = r.CreatedAt, 1
			starts = append(starts, attemptStart{r.ID, host, r.CreatedAt})
		}
		t.tally.run(r.State)
		r.EndedAt, r.Reason, r.Summary, r.Error = time.Time{}, run.None, "", ""
		args = runArgs(args, r)
	}
	if err := t.bulk(nil, "INSERT INTO runs ("+runColumns+") VALUES ()", 18, args); err != nil {
		return err
	}
	return t.addAttempts(starts)
}

// runArgs appends the values of runColumns.
func runArgs(args []any, r run.Run) []any {
	return append(args, r.ID, r.ScheduleID, r.ScheduleName, r.Version, string(r.Trigger), r.By, r.IdempotencyKey,
		micros(r.DueAt), micros(r.CreatedAt), microsOrNull(r.StartedAt), microsOrNull(r.EndedAt),
		string(r.State), string(r.Reason), r.Action, r.Plugin, r.Summary, r.Error, int64(r.Attempts))
}

// attemptStart is the first attempt of a run.
type attemptStart struct {
	runID  string
	hostID string
	at     time.Time
}

// addAttempts adds attempts that run.
func (t *tx) addAttempts(starts []attemptStart) error {
	args := make([]any, 0, 3*len(starts))
	for _, s := range starts {
		args = append(args, s.runID, s.hostID, micros(s.at))
	}
	return t.bulk(nil, `
		WITH started (run_id, host_id, at) AS (VALUES ())
		INSERT INTO attempts (run_id, number, host_id, started_at,
			state, reason, summary, error, log_lines, log_bytes, dropped)
		SELECT run_id, 1, host_id, at, 'running', '', '', '', 0, 0, 0 FROM started`, 3, args)
}

func scanRun(rows *sql.Rows) (r run.Run, err error) {
	var due, created int64
	var started, ended sql.NullInt64
	err = rows.Scan(&r.ID, &r.ScheduleID, &r.ScheduleName, &r.Version, (*string)(&r.Trigger), &r.By,
		&r.IdempotencyKey, &due, &created, &started, &ended, (*string)(&r.State), (*string)(&r.Reason),
		&r.Action, &r.Plugin, &r.Summary, &r.Error, &r.Attempts)
	r.DueAt, r.CreatedAt = fromMicros(due), fromMicros(created)
	r.StartedAt, r.EndedAt = fromNullMicros(started), fromNullMicros(ended)
	return r, err
}

// Run returns one run with its attempts, oldest first.
func (d *DB) Run(ctx context.Context, id string) (r run.Run, attempts []run.Attempt, err error) {
	err = d.read(ctx, "reading a run", func(ctx context.Context, q queryer) error {
		runs, err := collect(ctx, q, scanRun, "SELECT "+runColumns+" FROM runs WHERE id = ?", id)
		if err != nil {
			return err
		}
		if len(runs) == 0 {
			return fmt.Errorf("run %q: %w", id, store.ErrNotFound)
		}
		r = runs[0]
		attempts, err = collect(ctx, q, scanAttempt,
			"SELECT "+attemptColumns+" FROM attempts WHERE run_id = ? ORDER BY number", id)
		return err
	})
	return r, attempts, err
}

const attemptColumns = `run_id, number, host_id, state, reason, started_at, ended_at, summary, error,
	result, log_lines, log_bytes, dropped`

func scanAttempt(rows *sql.Rows) (a run.Attempt, err error) {
	var started int64
	var ended sql.NullInt64
	err = rows.Scan(&a.RunID, &a.Number, &a.HostID, (*string)(&a.State), (*string)(&a.Reason), &started,
		&ended, &a.Summary, &a.Error, (*[]byte)(&a.Result), &a.LogLines, &a.LogBytes, &a.Dropped)
	a.StartedAt, a.EndedAt = fromMicros(started), fromNullMicros(ended)
	return a, err
}

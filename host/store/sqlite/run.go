package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"butlerd/host/run"
	"butlerd/host/store"
)

// plainColumns are the columns of a run that no policy says anything of; the
// others have defaults.
const plainColumns = `id, schedule_id, schedule_name, version, trigger, by, idempotency_key, due_at,
	created_at, started_at, ended_at, state, reason, action, plugin, summary, error, attempts`

// runColumns are those of run.Run, keptColumns those of store.Kept.
const (
	briefColumns = plainColumns + ", step, parent_id, pool, priority, ready_at, wait_until, resume"
	runColumns   = briefColumns + ", work"
	// listColumns take the place of runColumns in lists: a page of work may be a gigabyte.
	listColumns = briefColumns + ", NULL"
	keptColumns = "overlap, on_lost, max_attempts, lost_wait, max_wait, follow"
)

// made is a run that is added.
type made struct {
	run.Run
	store.Kept
	work *string // its Work, encoded
}

// plain says that plainColumns have all there is.
func (m made) plain() bool {
	return m.Kept == store.Kept{} && m.Step == "" && m.ParentID == "" && m.Pool == "" && m.Priority == 0 &&
		m.ReadyAt.IsZero() && m.WaitUntil.IsZero() && m.Resume == 0 && m.Work == nil
}

// claimed says that addClaimedQuery has all there is: nobody but a firing asked for
// the run.
func (m made) claimed() bool {
	return m.By == "" && m.IdempotencyKey == "" && m.Step == "" && m.ParentID == "" && m.ReadyAt.IsZero() &&
		m.Resume == 0 && m.EndedAt.IsZero() && m.Work == nil
}

const (
	// Each value that is bound costs as much as a column that is written.
	addClaimedQuery = `
WITH claimed (id, schedule_id, schedule_name, version, trigger, due_at, created_at, started_at, state, action, plugin,
	attempts, pool, priority, wait_until, overlap, on_lost, max_attempts, lost_wait, max_wait, follow) AS (VALUES ())
INSERT INTO runs (id, schedule_id, schedule_name, version, trigger, by, idempotency_key, due_at, created_at, started_at,
	state, reason, action, plugin, summary, error, attempts, pool, priority, wait_until, ` + keptColumns + `)
SELECT id, schedule_id, schedule_name, version, trigger, '', '', due_at, created_at, started_at,
	state, '', action, plugin, '', '', attempts, pool, priority, wait_until, ` + keptColumns + ` FROM claimed`

	addPlainQuery = "INSERT INTO runs (" + plainColumns + ") VALUES ()"
	addRunQuery   = "INSERT INTO runs (" + runColumns + ", " + keptColumns + ") VALUES ()"
)

// addRuns adds runs that are Waiting, or Running with a first attempt of host's
// that started as the run was made.
func (t *tx) addRuns(runs []made, host string) error {
	var plain, claimed, all []any
	var starts []attemptStart
	for _, r := range runs {
		if t.tally.run(r.State); r.State == run.Running {
			starts = append(starts, attemptStart{runID: r.ID, hostID: host, at: r.CreatedAt, number: 1})
		}
		switch {
		case r.plain():
			plain = plainArgs(plain, r.Run)
		case r.claimed():
			claimed = claimedArgs(claimed, r)
		default:
			all = runArgs(all, r)
		}
	}
	if err := t.bulk(nil, addClaimedQuery, 21, claimed); err != nil {
		return err
	}
	if err := t.bulk(nil, addPlainQuery, 18, plain); err != nil {
		return err
	}
	if err := t.bulk(nil, addRunQuery, 32, all); err != nil {
		return err
	}
	return t.addAttempts(starts)
}

// plainArgs appends the values of plainColumns.
func plainArgs(args []any, r run.Run) []any {
	return append(args, r.ID, r.ScheduleID, r.ScheduleName, r.Version, string(r.Trigger), r.By, r.IdempotencyKey,
		micros(r.DueAt), micros(r.CreatedAt), microsOrNull(r.StartedAt), microsOrNull(r.EndedAt),
		string(r.State), string(r.Reason), r.Action, r.Plugin, r.Summary, r.Error, int64(r.Attempts))
}

// claimedArgs appends the values of addClaimedQuery.
func claimedArgs(args []any, r made) []any {
	args = append(args, r.ID, r.ScheduleID, r.ScheduleName, r.Version, string(r.Trigger), micros(r.DueAt),
		micros(r.CreatedAt), microsOrNull(r.StartedAt), string(r.State), r.Action, r.Plugin, int64(r.Run.Attempts),
		r.Pool, int64(r.Priority), microsOrNull(r.WaitUntil))
	return keptArgs(args, r.Kept)
}

// runArgs appends the values of runColumns and keptColumns.
func runArgs(args []any, r made) []any {
	args = append(plainArgs(args, r.Run), r.Step, r.ParentID, r.Pool, int64(r.Priority), microsOrNull(r.ReadyAt),
		microsOrNull(r.WaitUntil), int64(r.Resume), r.work)
	return keptArgs(args, r.Kept)
}

func keptArgs(args []any, k store.Kept) []any {
	return append(args, string(k.Overlap), string(k.OnLost), int64(k.Attempts),
		k.LostWait.Microseconds(), k.MaxWait.Microseconds(), k.Follow)
}

// runRow receives runColumns.
type runRow struct {
	r                            run.Run
	due, created                 int64
	started, ended, ready, until sql.NullInt64
	work                         *string
}

func (w *runRow) targets() []any {
	r := &w.r
	return []any{&r.ID, &r.ScheduleID, &r.ScheduleName, &r.Version, (*string)(&r.Trigger), &r.By,
		&r.IdempotencyKey, &w.due, &w.created, &w.started, &w.ended, (*string)(&r.State), (*string)(&r.Reason),
		&r.Action, &r.Plugin, &r.Summary, &r.Error, &r.Attempts,
		&r.Step, &r.ParentID, &r.Pool, &r.Priority, &w.ready, &w.until, &r.Resume, &w.work}
}

func (w *runRow) run() (r run.Run, err error) {
	r = w.r
	r.DueAt, r.CreatedAt = fromMicros(w.due), fromMicros(w.created)
	r.StartedAt, r.EndedAt = fromNullMicros(w.started), fromNullMicros(w.ended)
	r.ReadyAt, r.WaitUntil = fromNullMicros(w.ready), fromNullMicros(w.until)
	r.Work, err = store.DecodeWork(w.work)
	return r, err
}

func scanRun(rows *sql.Rows) (run.Run, error) {
	var w runRow
	if err := rows.Scan(w.targets()...); err != nil {
		return run.Run{}, err
	}
	return w.run()
}

// scanMade reads runColumns, keptColumns and more.
func scanMade(rows *sql.Rows, more ...any) (m made, err error) {
	var w runRow
	var lostWait, maxWait int64
	k := &m.Kept
	err = rows.Scan(append(append(w.targets(), (*string)(&k.Overlap), (*string)(&k.OnLost), &k.Attempts,
		&lostWait, &maxWait, &k.Follow), more...)...)
	if err != nil {
		return m, err
	}
	m.Run, err = w.run()
	k.LostWait, k.MaxWait = fromDuration(lostWait), fromDuration(maxWait)
	return m, err
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

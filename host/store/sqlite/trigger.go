package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"butlerd/host/run"
	"butlerd/host/store"
)

// triggered is what became of a Trigger.
type triggered struct {
	run  run.Run
	made bool
}

// Trigger makes a run that no firing asked for.
func (d *DB) Trigger(ctx context.Context, t store.Trigger) (run.Run, bool, error) {
	if err := t.Check(); err != nil {
		return run.Run{}, false, fmt.Errorf("triggering a run: %w", err)
	}
	did, err := submit(ctx, d.writer, "triggering a run", each((*tx).trigger), t)
	return did.run, did.made, err
}

func (t *tx) trigger(what store.Trigger) (triggered, error) {
	if err := t.fence(what.HostID); err != nil {
		return triggered{}, err
	}
	r := what.Run
	if r.IdempotencyKey != "" {
		earlier, err := t.runs(keyCondition, r.ScheduleID, r.IdempotencyKey)
		if err != nil || len(earlier) > 0 {
			return triggered{run: first(earlier)}, err
		}
	}
	version, err := t.versionOf(r.ScheduleID)
	if err != nil {
		return triggered{}, err
	}
	r.Version, r.State = version, run.Waiting
	if what.Start {
		r.State = run.Running
	}
	if err := t.addRuns([]run.Run{r}, what.HostID); err != nil {
		return triggered{}, err
	}
	made, err := t.runs("id = ?", r.ID)
	return triggered{run: first(made), made: true}, err
}

// keyCondition selects the run of a schedule with a key. The index knows only
// keys that are not empty, and is used only when the query says so.
const keyCondition = "schedule_id = ? AND idempotency_key = ? AND idempotency_key <> ''"

// runs returns the runs that where selects.
func (t *tx) runs(where string, args ...any) (all []run.Run, err error) {
	err = t.query(func(rows *sql.Rows) error {
		r, err := scanRun(rows)
		all = append(all, r)
		return err
	}, "SELECT "+runColumns+" FROM runs WHERE "+where, args...)
	return all, err
}

func first(runs []run.Run) run.Run {
	if len(runs) == 0 {
		return run.Run{}
	}
	return runs[0]
}

// versionOf returns the version of a schedule that is in force.
func (t *tx) versionOf(scheduleID string) (version int64, err error) {
	err = t.query(func(rows *sql.Rows) error { return rows.Scan(&version) },
		"SELECT version FROM schedules WHERE id = ?", scheduleID)
	if err == nil && version == 0 {
		err = fmt.Errorf("schedule %q: %w", scheduleID, store.ErrNotFound)
	}
	return version, err
}

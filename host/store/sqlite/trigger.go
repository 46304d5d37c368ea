package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"butlerd/host/run"
	"butlerd/host/store"
)

// trigger is a trigger with the work of its run encoded, see change.
type trigger struct {
	store.Trigger
	work *string
}

// triggered is what became of a Trigger.
type triggered struct {
	run  run.Run
	made bool
}

// Trigger makes a run that no firing asked for.
func (d *DB) Trigger(ctx context.Context, t store.Trigger) (run.Run, bool, error) {
	const act = "triggering a run"
	t, work, err := t.Encode()
	if err != nil {
		return run.Run{}, false, fmt.Errorf("%s: %w", act, err)
	}
	did, err := submit(ctx, d.writer, act, each((*tx).trigger), trigger{t, work})
	return did.run, did.made, err
}

func (t *tx) trigger(what trigger) (triggered, error) {
	if err := t.fence(what.HostID); err != nil {
		return triggered{}, err
	}
	r := what.Run
	if r.IdempotencyKey != "" {
		earlier, err := t.runs("WHERE "+keyCondition, r.ScheduleID, r.IdempotencyKey)
		if err != nil || len(earlier) > 0 {
			return triggered{run: first(earlier)}, err
		}
	}
	var version int64 // of a run of no schedule
	if r.Work == nil {
		var err error
		if version, err = t.versionOf(r.ScheduleID); err != nil {
			return triggered{}, err
		}
	}
	open, err := t.isOpen(what.Trigger)
	if err != nil {
		return triggered{}, err
	}
	r = what.RunOf(version, open)
	return triggered{run: r, made: true}, t.addRuns([]made{{r, what.Policy.Kept(), what.work}}, what.HostID)
}

// isOpen says whether a run of the schedule is open, where it matters.
func (t *tx) isOpen(what store.Trigger) (open bool, err error) {
	if !what.Overlap.Exclusive() {
		return false, nil
	}
	err = t.query(func(*sql.Rows) error {
		open = true
		return nil
	}, isOpenQuery, what.Run.ScheduleID)
	return open, err
}

const isOpenQuery = "SELECT 1 FROM runs INDEXED BY runs_open WHERE " + openCondition + " LIMIT 1"

// keyCondition selects the run of a schedule with a key. The index knows only
// keys that are not empty, and is used only when the query says so.
const keyCondition = "schedule_id = ? AND idempotency_key = ? AND idempotency_key <> ''"

// run returns a run; nil when there is none of that id.
func (t *tx) run(id string) (*run.Run, error) {
	found, err := t.runs("WHERE id = ?", id)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// runs returns the runs that which selects.
func (t *tx) runs(which string, args ...any) (all []run.Run, err error) {
	err = t.query(func(rows *sql.Rows) error {
		r, err := scanRun(rows)
		all = append(all, r)
		return err
	}, "SELECT "+runColumns+" FROM runs "+which, args...)
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

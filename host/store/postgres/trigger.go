package postgres

import (
	"context"
	"fmt"

	"butlerd/host/run"
	"butlerd/host/store"
)

// Trigger makes a run that no firing asked for.
func (d *DB) Trigger(ctx context.Context, what store.Trigger) (r run.Run, made bool, err error) {
	const act = "triggering a run"
	what, work, err := what.Encode()
	if err != nil {
		return r, false, fmt.Errorf("%s: %w", act, err)
	}
	err = d.write(ctx, act, func(t *tx) error {
		r, made, err = t.trigger(what, work)
		return err
	})
	if err != nil {
		return run.Run{}, false, err
	}
	return r, made, nil
}

// triggerQuery inserts a run of the version in force, or of no schedule when it has
// work, which starts unless it has to wait for others. Of two with the same key at the same time the second waits for
// the first, and then makes none.
const triggerQuery = `
WITH asked AS (
	SELECT id, version, $9::boolean AND NOT ($18::text IN ('queue', 'replace') AND EXISTS (
		SELECT 1 FROM runs r WHERE r.schedule_id = $2::text AND r.ended_at IS NULL AND r.step = '')) AS starts
	FROM schedules WHERE id = $2::text AND $24::text IS NULL
	UNION ALL SELECT '', 0, $9::boolean WHERE $24::text IS NOT NULL
), made AS (
	INSERT INTO runs (id, schedule_id, schedule_name, version, trigger, by, idempotency_key, due_at, created_at,
		started_at, state, reason, action, plugin, summary, error, attempts, skips,
		step, parent_id, pool, priority, resume, wait_until, ` + keptColumns + `, work, followed)
	SELECT $1::text, id, $3::text, version, $4::text, $5::text, $6::text, $7::timestamptz, $8::timestamptz,
		CASE WHEN starts THEN $8::timestamptz END, CASE WHEN starts THEN 'running' ELSE 'waiting' END, '', $10::text, $11::text, '', '',
		CASE WHEN starts THEN 1 ELSE 0 END, false,
		$13::text, $14::text, $15::text, $16::bigint, 0, CASE WHEN NOT starts THEN $17::timestamptz END,
		$18::text, $19::text, $20::bigint, $21::bigint, $22::bigint, $23::boolean, $24::text, NOT $23::boolean
	FROM asked
	ON CONFLICT (schedule_id, idempotency_key) WHERE idempotency_key <> '' DO NOTHING
	RETURNING ` + runColumns + `
), begun AS (
	INSERT INTO attempts (` + openColumns + `)
	SELECT id, 1, $12::text, created_at, 0, ` + opened + ` FROM made WHERE state = 'running'
)
SELECT ` + runColumns + ` FROM made`

// keyQuery finds the run of a schedule with a key. The index knows only keys
// that are not empty, and is used only when the query says so.
const keyQuery = "SELECT " + runColumns + ` FROM runs
WHERE schedule_id = $1 AND idempotency_key = $2 AND idempotency_key <> ''`

const triggeredQuery = "SELECT EXISTS (SELECT 1 FROM runs WHERE id = $1)"

func (t *tx) trigger(what store.Trigger, work *string) (run.Run, bool, error) {
	r := what.Run
	var made, earlier []run.Run
	t.identify()
	if what.Overlap.Exclusive() {
		t.lock(t.db.locks.open[stripe(r.ScheduleID)])
	}
	t.fence(what.HostID)
	scanRuns(t, &made, triggerQuery, append(append([]any{
		r.ID, r.ScheduleID, r.ScheduleName, string(r.Trigger), r.By, r.IdempotencyKey, r.DueAt, r.CreatedAt,
		what.Start && what.Pool == "", r.Action, r.Plugin, what.HostID,
		r.Step, r.ParentID, what.Pool, what.Priority, orNull(after(r.CreatedAt, what.MaxWait)),
	}, keptValues(what.Kept())...), work)...)
	if r.IdempotencyKey != "" {
		scanRuns(t, &earlier, keyQuery, r.ScheduleID, r.IdempotencyKey)
	}
	if err := t.flush(); err != nil {
		return r, false, err
	}
	switch {
	case len(made) > 0:
		t.prove(triggeredQuery, r.ID)
		if t.tally.run(made[0]); made[0].State == run.Waiting {
			t.wake()
		}
		return made[0], true, nil
	case len(earlier) > 0:
		return earlier[0], false, nil
	}
	return r, false, fmt.Errorf("schedule %q: %w", r.ScheduleID, store.ErrNotFound)
}

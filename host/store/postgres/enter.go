package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// claimQuery inserts firings, and runs for those that were won and are to run:
// another host may have opened one of the same schedule since the facts were
// read. It returns the keys of both, one after the other; a join would be made
// for a few rows, and take 140 ms for a thousand.
const claimQuery = `
WITH due AS (
	SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
		$8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::boolean[], $14::text[], $15::bigint[],
		$16::timestamptz[], $17::text[], $18::text[], $19::bigint[], $20::bigint[], $21::bigint[], $22::boolean[])
	AS d (schedule_id, due_at, outcome, reason, run_id, hold_id, version, name, trigger, state, action, plugin, skips,
		pool, priority, wait_until, ` + keptColumns + `)
), won AS (
	INSERT INTO firings (schedule_id, due_at, outcome, reason, run_id, hold_id, version, settled_at)
	SELECT schedule_id, due_at, outcome, reason, run_id, hold_id, version, $23::timestamptz FROM due ORDER BY schedule_id, due_at
	ON CONFLICT DO NOTHING RETURNING schedule_id, due_at
), made AS (
	INSERT INTO runs (id, schedule_id, schedule_name, version, trigger, by, idempotency_key, due_at, created_at,
		started_at, state, reason, action, plugin, summary, error, attempts, skips,
		step, parent_id, pool, priority, wait_until, resume, ` + keptColumns + `)
	SELECT run_id, schedule_id, name, version, trigger, '', '', due_at, $23::timestamptz,
		CASE state WHEN 'running' THEN $23::timestamptz END, state, '', action, plugin, '', '',
		CASE state WHEN 'running' THEN 1 ELSE 0 END, skips,
		'', '', pool, priority, wait_until, 0, ` + keptColumns + `
	FROM due JOIN won USING (schedule_id, due_at) WHERE outcome = 'ran' ORDER BY schedule_id, due_at
	ON CONFLICT (schedule_id) WHERE skips AND ended_at IS NULL DO NOTHING RETURNING id, state
), begun AS (
	INSERT INTO attempts (` + openColumns + `)
	SELECT id, 1, $24::text, $23::timestamptz, 0, ` + opened + ` FROM made WHERE state = 'running'
)
SELECT schedule_id, due_at, '' FROM won UNION ALL SELECT '', $23::timestamptz, id FROM made`

// writeClaimed writes what was decided, and puts right in claimed what another
// host has settled meanwhile.
func (t *tx) writeClaimed(c store.Claim, claimed []store.Claimed, facts []store.Fact) error {
	var rows []int
	for i := range claimed {
		if claimed[i].Won && !facts[i].Settled { // the others are written already
			rows = append(rows, i)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	got := entered{won: map[firingKey]bool{}, made: map[string]bool{}}
	each(t, func(r pgx.Rows) error {
		var scheduleID, runID string
		var due time.Time
		err := r.Scan(&scheduleID, &due, &runID)
		if runID != "" {
			got.made[runID] = true
		} else {
			got.won[firingKey{scheduleID, due.UnixMicro()}] = true
		}
		return err
	}, claimQuery, claimArgs(c, claimed, facts, rows)...)
	replaced := t.replace(c.At, claimed, rows)
	if err := t.flush(); err != nil {
		return err
	}
	if err := t.correct(c, claimed, rows, got); err != nil {
		return err
	}
	return replaced.correct(t, claimed)
}

// entered is what a claim has inserted.
type entered struct {
	won  map[firingKey]bool
	made map[string]bool // by the ids of the runs
}

// firingKey is what is unique to a firing.
type firingKey struct {
	scheduleID string
	dueAt      int64 // in microseconds
}

func claimArgs(c store.Claim, claimed []store.Claimed, facts []store.Fact, rows []int) []any {
	due := func(of func(store.Due) string) []string {
		return column(rows, func(i int) string { return of(c.Due[i]) })
	}
	runs := column(rows, func(i int) run.Run { return c.RunOf(c.Due[i], claimed[i], facts[i].Version) })
	args := []any{
		due(func(d store.Due) string { return d.ScheduleID }),
		column(rows, func(i int) time.Time { return c.Due[i].DueAt }),
		column(rows, func(i int) string { return string(claimed[i].Outcome) }),
		column(rows, func(i int) string { return string(claimed[i].Reason) }),
		column(rows, func(i int) string {
			if claimed[i].Outcome != run.Ran {
				return ""
			}
			return c.Due[i].RunID
		}),
		column(rows, func(i int) string { return claimed[i].HoldID }),
		column(rows, func(i int) int64 { return facts[i].Version }),
		due(func(d store.Due) string { return d.Name }),
		column(runs, func(r run.Run) string { return string(r.Trigger) }),
		column(rows, func(i int) string { return string(claimed[i].State) }),
		due(func(d store.Due) string { return d.Action }),
		due(func(d store.Due) string { return d.Plugin }),
		column(rows, func(i int) bool { return c.Due[i].Overlap == schedule.OverlapSkip }),
		column(runs, func(r run.Run) string { return r.Pool }),
		column(runs, func(r run.Run) int64 { return int64(r.Priority) }),
		column(runs, func(r run.Run) *time.Time { return orNull(r.WaitUntil) }),
	}
	args = append(args, keptArrays(column(rows, func(i int) store.Kept { return c.Due[i].Kept() }))...)
	return append(args, c.At, c.HostID)
}

// correct puts right what was decided without knowing of another host's firings
// and runs.
func (t *tx) correct(c store.Claim, claimed []store.Claimed, rows []int, got entered) error {
	lost := map[string]bool{}
	var ids []string
	var due []time.Time
	for _, i := range rows {
		d := c.Due[i]
		if lost[d.ScheduleID] && !t.last {
			return errAgain // it was decided with an earlier one in mind that is another's
		}
		switch {
		case !got.won[firingKey{d.ScheduleID, d.DueAt.UnixMicro()}]:
			if len(claimed[i].Replaces) > 0 {
				return errAgain // runs have ended for it
			}
			claimed[i], lost[d.ScheduleID] = store.Claimed{}, true
		case claimed[i].Outcome == run.Ran && !got.made[d.RunID]:
			claimed[i] = store.Claimed{Won: true, Outcome: run.Skipped, Reason: run.ReasonOverlap}
			ids, due = append(ids, d.ScheduleID), append(due, d.DueAt)
		}
	}
	if len(ids) > 0 {
		t.q(`UPDATE firings f SET outcome = 'skipped', reason = 'overlap', run_id = ''
			FROM unnest($1::text[], $2::timestamptz[]) AS d (schedule_id, due_at)
			WHERE f.schedule_id = d.schedule_id AND f.due_at = d.due_at`, ids, due)
	}
	return nil
}

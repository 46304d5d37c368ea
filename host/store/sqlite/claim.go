package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// chunk is how many firings one transaction settles at most, so that the first
// of many need not wait for the last, and other writes come in between.
const chunk = 1000

// Claim settles firings, a thousand in a transaction. With an error it returns
// what became of the chunks before it.
func (d *DB) Claim(ctx context.Context, c store.Claim) ([]store.Claimed, error) {
	if err := c.Check(); err != nil {
		return nil, fmt.Errorf("claiming firings: %w", err)
	}
	var all []store.Claimed
	for part, left := c, c.Due; ; {
		part.Due, left = left[:min(chunk, len(left))], left[min(chunk, len(left)):]
		part.Until = c.Until
		if len(left) > 0 {
			part.Until = time.Time{}
		}
		claimed, err := submit(ctx, d.writer, "claiming firings", each((*tx).claim), part)
		if err != nil {
			return all, err
		}
		if all = append(all, claimed...); len(left) == 0 {
			return all, nil
		}
	}
}

// claim settles one chunk. Its Until is zero when more chunks follow.
func (t *tx) claim(c store.Claim) ([]store.Claimed, error) {
	facts, err := t.facts(c.Due)
	if err != nil {
		return nil, err
	}
	claimed := decide(c.Due, facts)
	if err := t.writeClaimed(c, claimed, facts); err != nil {
		return nil, err
	}
	if !c.Until.IsZero() {
		err = t.settled(c.Until)
	}
	return claimed, err
}

// fact is what the database knows about a due firing before it is claimed.
type fact struct {
	settled bool  // there is a firing already
	inForce bool  // the schedule is started and came into force before it was due
	open    bool  // a run of the schedule is open
	version int64 // the one the firing belongs to; 0: none
}

// A version that is in force now but was not when the firing was due is not
// the one it belongs to.
const factsQuery = `
WITH due (n, id, at) AS (VALUES ())
SELECT due.n, f.due_at IS NOT NULL, coalesce(s.started, 0) AND s.since < due.at,
	EXISTS (SELECT 1 FROM runs r WHERE r.schedule_id = due.id AND r.state IN ('waiting', 'running')),
	CASE WHEN s.since < due.at THEN s.version ELSE coalesce((
		SELECT v.version FROM versions v
		WHERE v.schedule_id = due.id AND v.since < due.at AND v.until >= due.at
		ORDER BY v.version DESC LIMIT 1), 0) END
FROM due
LEFT JOIN firings f ON f.schedule_id = due.id AND f.due_at = due.at
LEFT JOIN schedules s ON s.id = due.id`

func (t *tx) facts(due []store.Due) ([]fact, error) {
	args := make([]any, 0, 3*len(due))
	for i := range due {
		args = append(args, int64(i), due[i].ScheduleID, micros(due[i].DueAt))
	}
	facts := make([]fact, len(due))
	err := t.bulk(func(rows *sql.Rows) error {
		var n int
		var f fact
		if err := rows.Scan(&n, &f.settled, &f.inForce, &f.open, &f.version); err != nil {
			return err
		}
		facts[n] = f
		return nil
	}, factsQuery, 3, args)
	return facts, err
}

// decide applies the rules of store.Claim. What is decided for one counts for
// those after it.
func decide(due []store.Due, facts []fact) []store.Claimed {
	claimed := make([]store.Claimed, len(due))
	settled := map[firingKey]bool{}
	opened := map[string]bool{}
	for i, d := range due {
		f, key := facts[i], firingKey{d.ScheduleID, micros(d.DueAt)}
		f.settled = f.settled || settled[key]
		f.open = f.open || opened[d.ScheduleID]
		claimed[i] = rule(d, f)
		settled[key] = true
		if claimed[i].Outcome == run.Ran {
			opened[d.ScheduleID] = true
		}
	}
	return claimed
}

type firingKey struct {
	scheduleID string
	dueAt      int64
}

func rule(d store.Due, f fact) store.Claimed {
	switch {
	case f.settled:
		return store.Claimed{}
	case d.Missed != run.None:
		return store.Claimed{Won: true, Outcome: run.Missed, Reason: d.Missed}
	case !f.inForce:
		return store.Claimed{Won: true, Outcome: run.Skipped, Reason: run.ReasonStopped}
	case d.Overlap == schedule.OverlapSkip && f.open:
		return store.Claimed{Won: true, Outcome: run.Skipped, Reason: run.ReasonOverlap}
	case d.Start:
		return store.Claimed{Won: true, Outcome: run.Ran, State: run.Running}
	}
	return store.Claimed{Won: true, Outcome: run.Ran, State: run.Waiting}
}

func (t *tx) writeClaimed(c store.Claim, claimed []store.Claimed, facts []fact) error {
	var firings []run.Firing
	var runs []run.Run
	for i, what := range claimed {
		if !what.Won {
			continue
		}
		firing := firingOf(c, c.Due[i], what, facts[i].version)
		firings = append(firings, firing)
		if what.Outcome == run.Ran {
			runs = append(runs, runOf(c.Due[i], what, firing))
		}
	}
	if _, err := t.settle(firings); err != nil {
		return err
	}
	return t.addRuns(runs, c.HostID)
}

func firingOf(c store.Claim, d store.Due, what store.Claimed, version int64) run.Firing {
	f := run.Firing{
		ScheduleID: d.ScheduleID, DueAt: d.DueAt, Outcome: what.Outcome, Reason: what.Reason,
		Version: version, SettledAt: c.At,
	}
	if what.Outcome == run.Ran {
		f.RunID = d.RunID
	}
	return f
}

func runOf(d store.Due, what store.Claimed, f run.Firing) run.Run {
	return run.Run{
		ID: d.RunID, ScheduleID: d.ScheduleID, ScheduleName: d.Name, Version: f.Version,
		Trigger: run.ByFiring, DueAt: d.DueAt, CreatedAt: f.SettledAt, State: what.State,
		Action: d.Action, Plugin: d.Plugin,
	}
}

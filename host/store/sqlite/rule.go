package sqlite

import (
	"database/sql"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

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
SELECT due.n, f.due_at IS NOT NULL OR EXISTS (SELECT 1 FROM runs r INDEXED BY runs_open
		WHERE r.schedule_id = due.id AND iif(r.trigger = 'firing', r.due_at, NULL) = due.at AND r.ended_at IS NULL),
	coalesce(s.started, 0) AND s.since < due.at,
	EXISTS (SELECT 1 FROM runs r INDEXED BY runs_open WHERE r.schedule_id = due.id AND r.ended_at IS NULL),
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

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
	open    bool  // a run of the schedule is open
	version int64 // the one that owes the firing; 0: none does
	inForce bool  // that version is in force
}

// The version that was in force when a firing was due is the one in force now,
// or one of those before it. It owes the firing if it was started and has the
// expression and the zone that the instant was found with.
const factsQuery = `
WITH due (n, id, at, cron, zone) AS (VALUES ())
SELECT due.n, f.due_at IS NOT NULL OR EXISTS (SELECT 1 FROM runs r INDEXED BY runs_open
		WHERE r.schedule_id = due.id AND iif(r.trigger = 'firing', r.due_at, NULL) = due.at AND r.ended_at IS NULL),
	EXISTS (SELECT 1 FROM runs r INDEXED BY runs_open WHERE r.schedule_id = due.id AND r.ended_at IS NULL),
	CASE WHEN s.since < due.at THEN
		iif(s.started AND s.cron = due.cron AND s.timezone = due.zone, s.version, 0)
	ELSE coalesce((
		SELECT iif(v.started AND v.cron = due.cron AND v.timezone = due.zone, v.version, 0)
		FROM versions v WHERE v.schedule_id = due.id AND v.since < due.at AND v.until >= due.at
		ORDER BY v.version DESC LIMIT 1), 0) END,
	coalesce(s.since < due.at, 0)
FROM due
LEFT JOIN firings f ON f.schedule_id = due.id AND f.due_at = due.at
LEFT JOIN schedules s ON s.id = due.id`

func (t *tx) facts(due []store.Due) ([]fact, error) {
	args := make([]any, 0, 5*len(due))
	for i, d := range due {
		args = append(args, int64(i), d.ScheduleID, micros(d.DueAt), d.Cron, d.Timezone)
	}
	facts := make([]fact, len(due))
	err := t.bulk(func(rows *sql.Rows) error {
		var n int
		var f fact
		if err := rows.Scan(&n, &f.settled, &f.open, &f.version, &f.inForce); err != nil {
			return err
		}
		facts[n] = f
		return nil
	}, factsQuery, 5, args)
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
		settled[key] = settled[key] || claimed[i].Won
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
	case f.settled, f.version == 0:
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

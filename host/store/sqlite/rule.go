package sqlite

import (
	"database/sql"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// The version that was in force when a firing was due is the one in force now,
// or one of those before it. It owes the firing if it was started and has the
// expression and the zone that the instant was found with.
const factsQuery = `
WITH due (n, id, at, cron, zone) AS (VALUES ())
SELECT due.n, coalesce(f.run_id, (SELECT r.id FROM runs r INDEXED BY runs_open
		WHERE r.schedule_id = due.id AND iif(r.trigger IN ('firing', 'catch_up'), r.due_at, NULL) = due.at AND r.ended_at IS NULL)),
	EXISTS (SELECT 1 FROM runs r INDEXED BY runs_open WHERE r.schedule_id = due.id AND r.ended_at IS NULL AND r.step = ''),
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

func (t *tx) facts(c store.Claim) ([]store.Fact, error) {
	due := c.Due
	args := make([]any, 0, 5*len(due))
	for i, d := range due {
		args = append(args, int64(i), d.ScheduleID, micros(d.DueAt), d.Cron, d.Timezone)
	}
	facts := make([]store.Fact, len(due))
	err := t.bulk(func(rows *sql.Rows) error {
		var n int
		var f store.Fact
		var runID sql.NullString // NULL: it is not settled
		if err := rows.Scan(&n, &runID, &f.Open, &f.Version, &f.InForce); err != nil {
			return err
		}
		f.Settled, f.RunID = runID.Valid, runID.String
		facts[n] = f
		return nil
	}, factsQuery, 5, args)
	if err != nil {
		return nil, err
	}
	if err := t.findHolds(c, facts); err != nil {
		return nil, err
	}
	return facts, t.findOpen(due, facts)
}

const inForceQuery = "SELECT " + holdColumns + ` FROM holds INDEXED BY holds_end
	WHERE ends_at >= ? ORDER BY since, id`

// findHolds says which firings are held, and which runs are not to start. There are
// few holds, and mostly none.
func (t *tx) findHolds(c store.Claim, facts []store.Fact) error {
	since := c.At
	for _, d := range c.Due {
		if d.DueAt.Before(since) {
			since = d.DueAt
		}
	}
	holds, err := t.holdsSince(since)
	if err != nil || len(holds) == 0 {
		return err
	}
	for i, d := range c.Due {
		if h, held := store.Holding(holds, d.ScheduleID, d.Tags, d.DueAt); held {
			facts[i].HoldID = h.ID
		}
		facts[i].Drains = store.Draining(holds, d.ScheduleID, d.Tags, c.At)
	}
	return nil
}

func (t *tx) holdsSince(since time.Time) (holds []store.Hold, err error) {
	err = t.query(func(rows *sql.Rows) error {
		h, err := scanHold(rows)
		holds = append(holds, h)
		return err
	}, inForceQuery, micros(since))
	return holds, err
}

// openCondition selects the open runs of a schedule, follow-ups aside.
const openCondition = "schedule_id = ? AND ended_at IS NULL AND step = ''"

// findOpen finds the runs that are open where firings queue behind them or
// replace them, and those that an earlier call has made.
func (t *tx) findOpen(due []store.Due, facts []store.Fact) error {
	known := map[string][]run.Run{}
	for i, d := range due {
		f := &facts[i]
		var err error
		if f.Settled && f.RunID == d.RunID {
			if f.Own, err = t.run(d.RunID); err != nil {
				return err
			}
		}
		if !d.Overlap.Exclusive() || !f.Open {
			continue
		}
		if _, found := known[d.ScheduleID]; !found {
			known[d.ScheduleID], err = t.runs("INDEXED BY runs_open WHERE "+openCondition+" ORDER BY created_at, id", d.ScheduleID)
		}
		if f.Runs = known[d.ScheduleID]; err != nil {
			return err
		}
	}
	return nil
}

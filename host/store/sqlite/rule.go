package sqlite

import (
	"database/sql"

	"butlerd/host/store"
)

// The version that was in force when a firing was due is the one in force now,
// or one of those before it. It owes the firing if it was started and has the
// expression and the zone that the instant was found with.
const factsQuery = `
WITH due (n, id, at, cron, zone) AS (VALUES ())
SELECT due.n, coalesce(f.run_id, (SELECT r.id FROM runs r INDEXED BY runs_open
		WHERE r.schedule_id = due.id AND iif(r.trigger = 'firing', r.due_at, NULL) = due.at AND r.ended_at IS NULL)),
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

func (t *tx) facts(due []store.Due) ([]store.Fact, error) {
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
	return facts, err
}

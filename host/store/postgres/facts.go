package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/store"
)

// The version that was in force when a firing was due is the one in force now,
// or one of those before it. It owes the firing if it was started and has the
// expression and the zone that the instant was found with. Each is looked up
// with a limit: the planner would read all of a table for what it takes for a
// large part of it.
const factsQuery = `
SELECT d.n,
	(SELECT f.run_id FROM firings f WHERE f.schedule_id = d.id AND f.due_at = d.at LIMIT 1),
	coalesce((SELECT true FROM runs r WHERE r.schedule_id = d.id AND r.ended_at IS NULL LIMIT 1), false),
	CASE WHEN s.since < d.at THEN
		CASE WHEN s.started AND s.cron = d.cron AND s.timezone = d.zone THEN s.version ELSE 0 END
	ELSE coalesce((
		SELECT CASE WHEN v.started AND v.cron = d.cron AND v.timezone = d.zone THEN v.version ELSE 0 END
		FROM versions v WHERE v.schedule_id = d.id AND v.since < d.at AND v.until >= d.at
		ORDER BY v.version DESC LIMIT 1), 0) END,
	coalesce(s.since < d.at, false)
FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[]) WITH ORDINALITY AS d (id, at, cron, zone, n)
LEFT JOIN schedules s ON s.id = d.id`

// facts queues the question what is known about firings.
func (t *tx) facts(due []store.Due) []store.Fact {
	facts := make([]store.Fact, len(due))
	if len(due) == 0 {
		return facts
	}
	each(t, func(rows pgx.Rows) error {
		var n int
		var f store.Fact
		var runID *string // NULL: it is not settled
		if err := rows.Scan(&n, &runID, &f.Open, &f.Version, &f.InForce); err != nil {
			return err
		}
		if runID != nil {
			f.Settled, f.RunID = true, *runID
		}
		facts[n-1] = f
		return nil
	}, factsQuery,
		column(due, func(d store.Due) string { return d.ScheduleID }),
		column(due, func(d store.Due) time.Time { return d.DueAt }),
		column(due, func(d store.Due) string { return d.Cron }),
		column(due, func(d store.Due) string { return d.Timezone }))
	return facts
}

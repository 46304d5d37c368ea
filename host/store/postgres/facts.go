package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/run"
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
	coalesce((SELECT true FROM runs r WHERE r.schedule_id = d.id AND r.ended_at IS NULL AND r.step = '' LIMIT 1), false),
	CASE WHEN s.since < d.at THEN
		CASE WHEN s.started AND s.cron = d.cron AND s.timezone = d.zone THEN s.version ELSE 0 END
	ELSE coalesce((
		SELECT CASE WHEN v.started AND v.cron = d.cron AND v.timezone = d.zone THEN v.version ELSE 0 END
		FROM versions v WHERE v.schedule_id = d.id AND v.since < d.at AND v.until >= d.at
		ORDER BY v.version DESC LIMIT 1), 0) END,
	coalesce(s.since < d.at, false)
FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[]) WITH ORDINALITY AS d (id, at, cron, zone, n)
LEFT JOIN schedules s ON s.id = d.id`

// openRunsQuery lists the runs that stand against others of their schedule, and
// ownRunsQuery those that an earlier call may have made.
const (
	openRunsQuery = "SELECT " + runColumns + ` FROM runs
	WHERE schedule_id = ANY ($1::text[]) AND ended_at IS NULL AND step = ''`
	ownRunsQuery = "SELECT " + runColumns + " FROM runs WHERE id = ANY ($1::text[])"
)

// learned is what is known about firings: the members of facts that are of runs and
// holds are still to be filled in.
type learned struct {
	facts     []store.Fact
	holds     []store.Hold
	open, own []run.Run
}

// ask queues the question what is known about firings. The runs are asked for
// where the policy needs more than that one is open.
func (t *tx) ask(c store.Claim) *learned {
	k := &learned{facts: make([]store.Fact, len(c.Due))}
	if len(c.Due) == 0 {
		return k
	}
	t.firingFacts(c.Due, k.facts)
	since := c.At
	var schedules []string
	for _, d := range c.Due {
		if d.DueAt.Before(since) {
			since = d.DueAt
		}
		if d.Overlap.Exclusive() {
			schedules = append(schedules, d.ScheduleID)
		}
	}
	t.holds(&k.holds, holdsQuery, since)
	if len(schedules) > 0 {
		scanRuns(t, &k.open, openRunsQuery, schedules)
	}
	return k
}

// askOwn asks for the runs that an earlier call has made, which there hardly ever are:
// its answer was lost.
func (t *tx) askOwn(k *learned, due []store.Due) error {
	var ids []string
	for i, d := range due {
		if f := k.facts[i]; f.Settled && f.RunID != "" && f.RunID == d.RunID {
			ids = append(ids, d.RunID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	scanRuns(t, &k.own, ownRunsQuery, ids)
	return t.flush()
}

// holdsQuery selects the holds that had not ended at an instant.
const holdsQuery = "ends_at >= $1 ORDER BY since, id"

// of joins the answers. They are read one after the other: whether a run is open
// is taken from where the runs are, when they were asked for.
func (k *learned) of(c store.Claim) []store.Fact {
	open, own := map[string][]run.Run{}, map[string]*run.Run{}
	for _, r := range sorted(k.open) {
		open[r.ScheduleID] = append(open[r.ScheduleID], r)
	}
	for i := range k.own {
		own[k.own[i].ID] = &k.own[i]
	}
	for i, d := range c.Due {
		f := &k.facts[i]
		if h, held := store.Holding(k.holds, d.ScheduleID, d.Tags, d.DueAt); held {
			f.HoldID = h.ID
		}
		f.Drains, f.Own = store.Draining(k.holds, d.ScheduleID, d.Tags, c.At), own[d.RunID]
		if d.Overlap.Exclusive() {
			f.Runs = open[d.ScheduleID]
			f.Open = len(f.Runs) > 0
		}
	}
	return k.facts
}

func (t *tx) firingFacts(due []store.Due, facts []store.Fact) {
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
}

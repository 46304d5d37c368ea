package postgres

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/run"
	"butlerd/host/store"
)

// candidatesQuery finds the first runs of each pool that has slots free, as many as
// these, and the first of those without a pool or without a limit. One pool is
// looked for after the other, so that a full one in which thousands wait costs
// nothing. One of overlap queue or replace is none while another one of its schedule
// runs, or is before it.
const candidatesQuery = `
WITH RECURSIVE lines (pool) AS (
	(SELECT r.pool FROM runs r WHERE r.plugin = $3::text AND r.state = 'waiting' ORDER BY r.pool LIMIT 1)
	UNION ALL
	SELECT (SELECT r.pool FROM runs r WHERE r.plugin = $3::text AND r.state = 'waiting' AND r.pool > l.pool ORDER BY r.pool LIMIT 1)
	FROM lines l WHERE l.pool IS NOT NULL
), pools AS MATERIALIZED (
	SELECT l.pool AS name, coalesce(p.slots - (
		SELECT count(*) FROM runs o WHERE o.pool = p.name AND o.pool <> '' AND o.state = 'running'), $4::bigint) AS free
	FROM lines l LEFT JOIN unnest($6::text[], $7::bigint[]) AS p (name, slots) ON p.name = l.pool WHERE l.pool IS NOT NULL
)
SELECT r.id, r.schedule_id, r.step, r.pool, r.priority, r.due_at, r.overlap IN ('queue', 'replace'), p.free
FROM pools p CROSS JOIN LATERAL (
	SELECT * FROM runs r WHERE r.pool = p.name AND ` + takeable + ` AND ` + unblocked + `
	ORDER BY ` + inOrder + ` LIMIT least(p.free, $4::bigint)) AS r
WHERE p.free > 0 AND $1::text <> ''`

// unblocked looks up one run at a time: its limits keep the planner from reading
// all that runs and all that waits. One that is to look for a lost attempt keeps the
// others of its schedule waiting, and waits only for what runs.
const unblocked = `(r.overlap NOT IN ('queue', 'replace')
	OR (SELECT true FROM runs o WHERE o.schedule_id = r.schedule_id AND o.state = 'running' AND o.ended_at IS NULL
		AND o.step = '' LIMIT 1) IS NULL
	AND (r.resume <> 0
	OR (SELECT true FROM runs o WHERE o.schedule_id = r.schedule_id AND o.state = 'waiting' AND o.ended_at IS NULL
		AND o.step = '' AND o.resume <> 0 LIMIT 1) IS NULL
	AND (SELECT true FROM runs o WHERE o.schedule_id = r.schedule_id AND o.state = 'waiting' AND o.ended_at IS NULL
		AND o.step = '' AND (o.plugin, o.pool) IS NOT DISTINCT FROM (r.plugin, r.pool) AND (o.ready_at IS NULL OR o.ready_at <= $2::timestamptz)
		AND (o.priority > r.priority OR o.priority = r.priority AND (o.due_at, o.id) < (r.due_at, r.id)) LIMIT 1) IS NULL))`

// startThese starts attempts of runs that were chosen.
const startThese = startHead + "SELECT id FROM runs WHERE id = ANY ($3::text[]) AND state = 'waiting' FOR UPDATE SKIP LOCKED" + startTail

// candidate is a run that a take may have.
type candidate struct {
	id, scheduleID, step, pool string
	priority                   int
	dueAt                      time.Time
	exclusive                  bool  // it waits for the end of others of its schedule
	free                       int64 // slots of its pool
}

// takeBound takes where runs are bound by pools and by each other. Hosts do it one
// after the other: each sees what the ones before have taken. No lock on a run is
// held when that is waited for, and none is waited for while it is held.
func (t *tx) takeBound(what store.Take) (taken []run.Run, err error) {
	pools := slices.DeleteFunc(slices.Sorted(maps.Keys(what.Pools)), func(name string) bool { return name == "" })
	var all []candidate
	t.lock(t.db.locks.take)
	list(t, &all, scanCandidate, candidatesQuery, append(takeArgs(what), pools,
		column(pools, func(name string) int64 { return int64(what.Pools[name]) }))...)
	if err := t.flush(); err != nil {
		return nil, err
	}
	ids := choose(all, what.Limit)
	if len(ids) == 0 {
		return nil, nil
	}
	scanRuns(t, &taken, startThese, what.HostID, what.At, ids)
	return taken, t.flush()
}

func scanCandidate(rows pgx.Rows) (c candidate, err error) {
	err = rows.Scan(&c.id, &c.scheduleID, &c.step, &c.pool, &c.priority, &c.dueAt, &c.exclusive, &c.free)
	return c, err
}

// choose goes through candidates in the order in which they are to be started.
func choose(all []candidate, limit int) (ids []string) {
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(b.priority-a.priority, a.dueAt.Compare(b.dueAt), strings.Compare(a.id, b.id))
	})
	used, runs := map[string]int64{}, map[string]bool{}
	for _, c := range all {
		if len(ids) == limit || used[c.pool] >= c.free || c.exclusive && runs[c.scheduleID] {
			continue
		}
		ids = append(ids, c.id)
		used[c.pool]++
		if c.step == "" { // follow-ups keep none waiting
			runs[c.scheduleID] = true
		}
	}
	return ids
}

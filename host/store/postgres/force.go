package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/store"
)

// beforeQuery looks up each of many schedules by its keys. The definition is read of
// those that are to be deleted.
const beforeQuery = `
SELECT c.id, s.id IS NOT NULL, coalesce(s.version, 0), coalesce(s.source, ''), coalesce(s.origin, ''),
	coalesce(s.started, false), coalesce(s.created_at, 'epoch'), coalesce(s.since, 'epoch'), coalesce(s.by, ''),
	coalesce(s.cron, ''), coalesce(s.timezone, ''), CASE WHEN c.deleted THEN s.definition END, coalesce(l.version, 0), l.until,
	(SELECT f.due_at FROM firings f WHERE f.schedule_id = c.id ORDER BY f.due_at DESC LIMIT 1)
FROM unnest($1::text[], $2::boolean[]) AS c (id, deleted) LEFT JOIN schedules s ON s.id = c.id
LEFT JOIN LATERAL (SELECT v.version, v.until FROM versions v WHERE v.schedule_id = c.id ORDER BY v.version DESC LIMIT 1) AS l ON true`

// before returns what there is of the schedules that changes are of.
func (t *tx) before(changes []change) (map[string]before, error) {
	all := make(map[string]before, len(changes))
	each(t, func(rows pgx.Rows) error {
		var id string
		var inForce bool
		var r scheduleRow
		var b before
		var until, settled *time.Time
		targets := append([]any{&id, &inForce}, r.targets()...)
		if err := rows.Scan(append(targets, &b.last, &until, &settled)...); err != nil {
			return err
		}
		if b.until, b.settled = fromNull(until), fromNull(settled); inForce {
			r.s.ID = id
			b.inForce = &r
		}
		all[id] = b
		return nil
	}, beforeQuery, column(changes, changedID), column(changes, func(c change) bool { return c.Kind == store.Delete }))
	return all, t.flush()
}

func changedID(c change) string { return c.Schedule.ID }

// retire copies what was in force to the versions, and deletes it when nothing
// comes after it.
func (t *tx) retire(changes []change, old map[string]before, revision int64) {
	var ids, deleted []string
	var until []time.Time
	for _, c := range changes {
		if old[c.Schedule.ID].inForce == nil {
			continue
		}
		ids, until = append(ids, c.Schedule.ID), append(until, c.At)
		if c.Kind == store.Delete {
			deleted = append(deleted, c.Schedule.ID)
		}
	}
	if len(ids) > 0 {
		t.q(`INSERT INTO versions (schedule_id, `+scheduleColumns+`, until, ended_revision)
			SELECT id, `+scheduleColumns+`, c.until, $3::bigint FROM unnest($1::text[], $2::timestamptz[]) AS c (id, until)
			JOIN schedules USING (id)`, ids, until, revision)
	}
	if len(deleted) > 0 {
		t.q("DELETE FROM schedules WHERE id = ANY ($1::text[])", deleted)
	}
}

// endedQuery and changedQuery are the proofs of a change. The latter looks among
// the versions too, as another host may have changed the schedule since.
const (
	endedQuery = `SELECT EXISTS (SELECT 1 FROM versions
	WHERE schedule_id = $1 AND version = $2 AND until = $3 AND ended_revision = $4)`
	changedQuery = `SELECT EXISTS (SELECT 1 FROM schedules
	WHERE id = $1 AND version = $2 AND since = $3 AND started = $4 AND definition = $5)
OR EXISTS (SELECT 1 FROM versions
	WHERE schedule_id = $1 AND version = $2 AND since = $3 AND started = $4 AND definition = $5)`
)

// proveChange says how to find out whether a change was committed. The revision
// and the version alone might be another host's, after a failover.
func (t *tx) proveChange(c change, now store.Schedule, revision int64) {
	if c.Kind == store.Delete {
		t.prove(endedQuery, now.ID, now.Version, c.At, revision)
		return
	}
	t.prove(changedQuery, now.ID, now.Version, now.Since, now.Started, c.definition)
}

// newVersions are the columns of new versions as rows.
const newVersions = `unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::boolean[], $6::timestamptz[],
	$7::timestamptz[], $8::text[], $9::text[], $10::text[], $11::text[])
	WITH ORDINALITY AS c (id, version, source, origin, started, created_at, since, by, cron, timezone, definition, n)`

// bringIntoForce adds the new versions. An updated schedule keeps its place in
// the order of creation.
func (t *tx) bringIntoForce(changes []change, all []left, old map[string]before, revision int64) {
	var created, updated []int
	for i, c := range changes {
		switch {
		case c.Kind == store.Delete:
		case old[c.Schedule.ID].inForce == nil:
			created = append(created, i)
		default:
			updated = append(updated, i)
		}
	}
	now := func(i int) *store.Schedule { return &all[i].now }
	args := func(rows []int) []any {
		return []any{
			column(rows, func(i int) string { return now(i).ID }),
			column(rows, func(i int) int64 { return now(i).Version }),
			column(rows, func(i int) string { return string(now(i).Source) }),
			column(rows, func(i int) string { return now(i).Origin }),
			column(rows, func(i int) bool { return now(i).Started }),
			column(rows, func(i int) time.Time { return now(i).CreatedAt }),
			column(rows, func(i int) time.Time { return now(i).Since }),
			column(rows, func(i int) string { return changes[i].By }),
			column(rows, func(i int) string { return changes[i].key }),
			column(rows, func(i int) string { return now(i).Timezone }),
			column(rows, func(i int) string { return changes[i].definition }),
			revision,
		}
	}
	if len(created) > 0 {
		t.q("INSERT INTO schedules (id, "+scheduleColumns+", revision) SELECT id, "+scheduleColumns+", $12::bigint FROM "+
			newVersions+" ORDER BY n", args(created)...)
	}
	if len(updated) > 0 {
		t.q(`UPDATE schedules s SET version = c.version, source = c.source, origin = c.origin, started = c.started,
			since = c.since, by = c.by, cron = c.cron, timezone = c.timezone, definition = c.definition, revision = $12
			FROM `+newVersions+" WHERE s.id = c.id", args(updated)...)
	}
}

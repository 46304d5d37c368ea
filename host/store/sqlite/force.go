package sqlite

import (
	"database/sql"
	"math"

	"butlerd/host/store"
)

// current is a row of the table schedules.
type current struct {
	seq int64
	row scheduleRow
}

// inForce returns what is in force of the schedules that changes are of.
func (t *tx) inForce(changes []change) (map[string]*current, error) {
	found := map[string]*current{}
	err := t.bulk(func(rows *sql.Rows) error {
		var id string
		var c current
		if err := rows.Scan(append([]any{&id, &c.seq}, c.row.targets()...)...); err != nil {
			return err
		}
		found[id] = &c
		return nil
	}, `WITH changed (id) AS (VALUES ())
		SELECT id, seq, `+scheduleColumns+` FROM changed CROSS JOIN schedules USING (id)`, 1, ids(changes))
	return found, err
}

// past is what a schedule has behind it.
type past struct {
	version int64 // the latest that is not in force any more; 0: none
	until   int64 // when that one went out of force, in microseconds
	settled int64 // its latest instant that is settled, in microseconds
}

const pastQuery = `
WITH changed (id) AS (VALUES ())
SELECT c.id, coalesce((SELECT max(version) FROM versions v WHERE v.schedule_id = c.id), 0),
	(SELECT v.until FROM versions v WHERE v.schedule_id = c.id ORDER BY v.version DESC LIMIT 1),
	(SELECT max(due_at) FROM firings f WHERE f.schedule_id = c.id),
	(SELECT max(iif(` + byFiring + `, due_at, NULL)) FROM runs r INDEXED BY runs_open
		WHERE r.schedule_id = c.id AND r.ended_at IS NULL)
FROM changed c`

// pasts returns what the schedules that changes are of have behind them.
func (t *tx) pasts(changes []change) (map[string]past, error) {
	pasts := map[string]past{}
	err := t.bulk(func(rows *sql.Rows) error {
		id, p, err := scanPast(rows)
		pasts[id] = p
		return err
	}, pastQuery, 1, ids(changes))
	return pasts, err
}

func scanPast(rows *sql.Rows) (id string, p past, err error) {
	var until, filed, open sql.NullInt64
	err = rows.Scan(&id, &p.version, &until, &filed, &open)
	p.until, p.settled = orNever(until), max(orNever(filed), orNever(open))
	return id, p, err
}

func orNever(at sql.NullInt64) int64 {
	if !at.Valid {
		return math.MinInt64
	}
	return at.Int64
}

func ids(changes []change) []any {
	all := make([]any, len(changes))
	for i, c := range changes {
		all[i] = c.Schedule.ID
	}
	return all
}

// retire moves what was in force to the versions.
func (t *tx) retire(changes []change, old map[string]*current) error {
	var args, gone []any
	for _, c := range changes {
		o := old[c.Schedule.ID]
		if o == nil {
			continue
		}
		r := &o.row
		gone = append(gone, c.Schedule.ID)
		args = append(args, c.Schedule.ID, r.s.Version, string(r.s.Source), r.s.Origin, r.s.Started, r.created,
			r.since, r.by, r.cron, r.timezone, string(r.definition), micros(c.At))
	}
	if err := t.bulk(nil, `INSERT INTO versions
		(schedule_id, `+scheduleColumns+`, until) VALUES ()`, 12, args); err != nil {
		return err
	}
	return t.bulk(nil, "DELETE FROM schedules WHERE id IN (VALUES ())", 1, gone)
}

// bringIntoForce adds the new versions. An updated schedule keeps its place in
// the order of creation.
func (t *tx) bringIntoForce(changes []change, now []store.Schedule, old map[string]*current) error {
	var args []any
	for i, c := range changes {
		if c.Kind == store.Delete {
			continue
		}
		var seq any
		if o := old[c.Schedule.ID]; o != nil {
			seq = o.seq
		}
		s := now[i]
		args = append(args, seq, s.ID, s.Version, string(s.Source), s.Origin, s.Started, micros(s.CreatedAt),
			micros(s.Since), c.By, s.Timing().Key(), s.Timezone, c.definition)
	}
	return t.bulk(nil, "INSERT INTO schedules (seq, id, "+scheduleColumns+") VALUES ()", 12, args)
}

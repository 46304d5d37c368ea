package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"butlerd/host/store"
)

// scheduleColumns are those that schedules and versions have in common, but
// for the id.
const scheduleColumns = "version, source, origin, started, created_at, since, by, cron, timezone, definition"

// scheduleRow receives scheduleColumns.
type scheduleRow struct {
	s              store.Schedule
	by             string
	cron, timezone string // also in the definition; claims compare them
	created, since int64
	definition     []byte
}

func (r *scheduleRow) targets() []any {
	return []any{&r.s.Version, (*string)(&r.s.Source), &r.s.Origin, &r.s.Started, &r.created, &r.since, &r.by, &r.cron, &r.timezone, &r.definition}
}

func (r *scheduleRow) decode() (store.Schedule, error) {
	s := r.s
	s.CreatedAt, s.Since = fromMicros(r.created), fromMicros(r.since)
	if err := json.Unmarshal(r.definition, &s.Definition); err != nil {
		return store.Schedule{}, fmt.Errorf("decoding a stored schedule: %w", err)
	}
	return s, nil
}

// Schedules returns the schedules in force, in the order they were created.
func (d *DB) Schedules(ctx context.Context) (all []store.Schedule, err error) {
	err = d.read(ctx, "reading schedules", func(ctx context.Context, q queryer) (err error) {
		var r scheduleRow
		targets := r.targets() // made once: there may be a hundred thousand rows
		all, err = collect(ctx, q, func(rows *sql.Rows) (store.Schedule, error) {
			if err := rows.Scan(targets...); err != nil {
				return store.Schedule{}, err
			}
			return r.decode()
		}, "SELECT "+scheduleColumns+" FROM schedules ORDER BY seq")
		return err
	})
	return all, err
}

// Versions returns the versions that were in force at any time since t, and
// those that were replaced at the instant they came into force.
func (d *DB) Versions(ctx context.Context, since time.Time) (all []store.Version, err error) {
	err = d.read(ctx, "reading versions of schedules", func(ctx context.Context, q queryer) (err error) {
		all, err = collect(ctx, q, scanVersion,
			"SELECT "+scheduleColumns+", until FROM versions WHERE until >= ? UNION ALL SELECT "+
				scheduleColumns+", NULL FROM schedules", lower(since))
		return err
	})
	slices.SortFunc(all, func(a, b store.Version) int {
		if c := strings.Compare(a.ID, b.ID); c != 0 {
			return c
		}
		return int(a.Version - b.Version)
	})
	return all, err
}

const versionsOfQuery = "SELECT " + scheduleColumns + ", until FROM versions WHERE schedule_id = ?1 UNION ALL SELECT " +
	scheduleColumns + ", NULL FROM schedules WHERE id = ?1 ORDER BY version"

// VersionsOf returns all versions of one schedule that are kept.
func (d *DB) VersionsOf(ctx context.Context, scheduleID string) (all []store.Version, err error) {
	err = d.read(ctx, "reading the versions of a schedule", func(ctx context.Context, q queryer) (err error) {
		all, err = collect(ctx, q, scanVersion, versionsOfQuery, scheduleID)
		return err
	})
	return all, err
}

func scanVersion(rows *sql.Rows) (v store.Version, err error) {
	var r scheduleRow
	var until sql.NullInt64
	if err := rows.Scan(append(r.targets(), &until)...); err != nil {
		return v, err
	}
	v.By, v.Until = r.by, fromNullMicros(until)
	v.Schedule, err = r.decode()
	return v, err
}

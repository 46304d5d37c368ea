package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/store"
)

// scheduleColumns are those that schedules and versions have in common, but for
// the id.
const scheduleColumns = "version, source, origin, started, created_at, since, by, cron, timezone, definition"

// scheduleRow receives scheduleColumns.
type scheduleRow struct {
	s              store.Schedule
	by             string
	cron, timezone string // also in the definition; claims compare them
	definition     []byte
}

func (r *scheduleRow) targets() []any {
	return []any{&r.s.Version, (*string)(&r.s.Source), &r.s.Origin, &r.s.Started, &r.s.CreatedAt, &r.s.Since,
		&r.by, &r.cron, &r.timezone, (*document)(&r.definition)}
}

func (r *scheduleRow) decode() (store.Schedule, error) {
	s := r.s
	s.CreatedAt, s.Since = s.CreatedAt.UTC(), s.Since.UTC()
	if err := json.Unmarshal(r.definition, &s.Definition); err != nil {
		return store.Schedule{}, fmt.Errorf("decoding a stored schedule: %w", err)
	}
	return s, nil
}

// document receives text as bytes; NULL is nil.
type document []byte

// Scan implements sql.Scanner.
func (d *document) Scan(src any) error {
	switch text := src.(type) {
	case nil:
		*d = nil
	case string:
		*d = []byte(text)
	case []byte:
		*d = bytes.Clone(text)
	}
	return nil
}

// Schedules returns the schedules in force, in the order they were created.
func (d *DB) Schedules(ctx context.Context) ([]store.Schedule, error) {
	const act = "reading schedules"
	var rows []scheduleRow
	err := d.read(ctx, act, func(t *tx) error {
		t.schedules(&rows, "TRUE ORDER BY seq")
		return nil
	})
	if err != nil {
		return nil, err
	}
	return decoded(act, rows)
}

// schedules appends the schedules in force that where selects. They are decoded
// when the transaction has ended: to decode thousands takes a busy machine longer
// than the server waits for this side within one.
func (t *tx) schedules(all *[]scheduleRow, where string, args ...any) {
	list(t, all, func(rows pgx.Rows) (r scheduleRow, err error) {
		err = rows.Scan(r.targets()...)
		return r, err
	}, "SELECT "+scheduleColumns+" FROM schedules WHERE "+where, args...)
}

// decoded decodes rows that were read to do something.
func decoded(act string, rows []scheduleRow) ([]store.Schedule, error) {
	var all []store.Schedule
	for i := range rows {
		s, err := rows[i].decode()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", act, err)
		}
		all = append(all, s)
	}
	return all, nil
}

// Versions returns the versions that were in force at any time since t, and
// those that were replaced at the instant they came into force.
func (d *DB) Versions(ctx context.Context, since time.Time) ([]store.Version, error) {
	const act = "reading versions of schedules"
	var rows []versionRow
	err := d.read(ctx, act, func(t *tx) error {
		list(t, &rows, scanVersion, "SELECT "+scheduleColumns+", until FROM versions WHERE until >= $1 UNION ALL SELECT "+
			scheduleColumns+", NULL FROM schedules", since)
		return nil
	})
	if err != nil {
		return nil, err
	}
	all, err := decodedVersions(act, rows)
	slices.SortFunc(all, func(a, b store.Version) int {
		if c := strings.Compare(a.ID, b.ID); c != 0 {
			return c
		}
		return int(a.Version - b.Version)
	})
	return all, err
}

const versionsOfQuery = "SELECT " + scheduleColumns + ", until FROM versions WHERE schedule_id = $1 UNION ALL SELECT " +
	scheduleColumns + ", NULL FROM schedules WHERE id = $1 ORDER BY version"

// VersionsOf returns all versions of one schedule that are kept.
func (d *DB) VersionsOf(ctx context.Context, scheduleID string) ([]store.Version, error) {
	const act = "reading the versions of a schedule"
	var rows []versionRow
	err := d.read(ctx, act, func(t *tx) error {
		list(t, &rows, scanVersion, versionsOfQuery, scheduleID)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return decodedVersions(act, rows)
}

func decodedVersions(act string, rows []versionRow) ([]store.Version, error) {
	var all []store.Version
	for i := range rows {
		v, err := rows[i].decode()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", act, err)
		}
		all = append(all, v)
	}
	return all, nil
}

// versionRow is a scheduleRow with the end of the version.
type versionRow struct {
	scheduleRow
	until *time.Time // nil: in force
}

func scanVersion(rows pgx.Rows) (r versionRow, err error) {
	err = rows.Scan(append(r.targets(), &r.until)...)
	return r, err
}

func (r *versionRow) decode() (v store.Version, err error) {
	v.By, v.Until = r.by, fromNull(r.until)
	v.Schedule, err = r.scheduleRow.decode()
	return v, err
}

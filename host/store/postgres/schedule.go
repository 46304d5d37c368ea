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
func (d *DB) Schedules(ctx context.Context) (all []store.Schedule, err error) {
	err = d.read(ctx, "reading schedules", func(t *tx) error {
		t.schedules(&all, "TRUE ORDER BY seq")
		return nil
	})
	return all, err
}

// schedules appends the schedules in force that where selects.
func (t *tx) schedules(all *[]store.Schedule, where string, args ...any) {
	list(t, all, func(rows pgx.Rows) (store.Schedule, error) {
		var r scheduleRow
		if err := rows.Scan(r.targets()...); err != nil {
			return store.Schedule{}, err
		}
		return r.decode()
	}, "SELECT "+scheduleColumns+" FROM schedules WHERE "+where, args...)
}

// Versions returns the versions that were in force at any time since t, and
// those that were replaced at the instant they came into force.
func (d *DB) Versions(ctx context.Context, since time.Time) (all []store.Version, err error) {
	err = d.read(ctx, "reading versions of schedules", func(t *tx) error {
		list(t, &all, scanVersion, "SELECT "+scheduleColumns+", until FROM versions WHERE until >= $1 UNION ALL SELECT "+
			scheduleColumns+", NULL FROM schedules", since)
		return nil
	})
	slices.SortFunc(all, func(a, b store.Version) int {
		if c := strings.Compare(a.ID, b.ID); c != 0 {
			return c
		}
		return int(a.Version - b.Version)
	})
	return all, err
}

func scanVersion(rows pgx.Rows) (v store.Version, err error) {
	var r scheduleRow
	var until *time.Time
	if err := rows.Scan(append(r.targets(), &until)...); err != nil {
		return v, err
	}
	v.By, v.Until = r.by, fromNull(until)
	v.Schedule, err = r.decode()
	return v, err
}

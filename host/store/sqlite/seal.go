package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"butlerd/host/store"
)

const (
	sealColumns  = "day, count, hash, previous, sealed_at"
	addSealQuery = "INSERT INTO seals (" + sealColumns + ") VALUES ()"
)

func sealArgs(s store.Seal) []any {
	return []any{micros(s.Day), s.Count, s.Hash, s.Previous, micros(s.SealedAt)}
}

func scanSeal(rows *sql.Rows) (s store.Seal, err error) {
	var day, sealed int64
	err = rows.Scan(&day, &s.Count, &s.Hash, &s.Previous, &sealed)
	s.Day, s.SealedAt = fromMicros(day), fromMicros(sealed)
	return s, err
}

// Seals lists the seals of all days.
func (d *DB) Seals(ctx context.Context) (seals []store.Seal, err error) {
	err = d.read(ctx, "listing seals", func(ctx context.Context, q queryer) (err error) {
		seals, err = collect(ctx, q, scanSeal, "SELECT "+sealColumns+" FROM seals ORDER BY day")
		return err
	})
	return seals, err
}

// Seal adds the seal of a day.
func (d *DB) Seal(ctx context.Context, s store.Seal) error {
	const act = "sealing a day"
	if err := s.Check(); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	_, err := submit(ctx, d.writer, act, each((*tx).seal), s)
	return err
}

func (t *tx) seal(s store.Seal) (struct{}, error) {
	var seals []store.Seal
	err := t.query(func(rows *sql.Rows) error {
		one, err := scanSeal(rows)
		seals = append(seals, one)
		return err
	}, "SELECT "+sealColumns+" FROM seals WHERE day = ?1 OR day = (SELECT max(day) FROM seals) ORDER BY day", micros(s.Day))
	if err != nil {
		return struct{}{}, err
	}
	if err := s.After(seals); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, t.bulk(nil, addSealQuery, 5, sealArgs(s))
}

const keptSinceQuery = "SELECT kept_since FROM ledger"

// KeptSince is the instant since when all settlements are kept.
func (d *DB) KeptSince(ctx context.Context) (time.Time, error) {
	var since sql.NullInt64
	err := d.read(ctx, "reading what is kept", func(ctx context.Context, q queryer) error {
		rows, err := q.QueryContext(ctx, keptSinceQuery)
		if err != nil {
			return err
		}
		return drain(rows, func(rows *sql.Rows) error { return rows.Scan(&since) })
	})
	return fromNullMicros(since), err
}

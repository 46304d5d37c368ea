package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"butlerd/host/store"
)

const sealColumns = "day, count, hash, previous, sealed_at"

func scanSeal(rows pgx.Rows) (s store.Seal, err error) {
	err = rows.Scan(&s.Day, &s.Count, &s.Hash, &s.Previous, &s.SealedAt)
	s.Day, s.SealedAt = s.Day.UTC(), s.SealedAt.UTC()
	return s, err
}

// Seals lists the seals of all days.
func (d *DB) Seals(ctx context.Context) (all []store.Seal, err error) {
	err = d.read(ctx, "listing seals", func(t *tx) error {
		list(t, &all, scanSeal, "SELECT "+sealColumns+" FROM seals ORDER BY day")
		return nil
	})
	return all, err
}

// neighboursQuery lists the seal of a day and the latest one.
const neighboursQuery = "SELECT " + sealColumns + " FROM seals WHERE day = $1 OR day = (SELECT max(day) FROM seals) ORDER BY day"

// sealedQuery is the proof of a seal.
const sealedQuery = "SELECT EXISTS (SELECT 1 FROM seals WHERE day = $1 AND hash = $2 AND previous = $3 AND sealed_at = $4)"

// Seal adds the seal of a day.
func (d *DB) Seal(ctx context.Context, s store.Seal) error {
	const act = "sealing a day"
	if err := s.Check(); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	return d.write(ctx, act, func(t *tx) error {
		var there []store.Seal
		t.identify()
		t.lock(t.db.locks.seal)
		list(t, &there, scanSeal, neighboursQuery, s.Day)
		if err := t.flush(); err != nil {
			return err
		}
		if err := s.After(there); err != nil {
			return err
		}
		t.q("INSERT INTO seals ("+sealColumns+") VALUES ($1, $2, $3, $4, $5)", sealValues(s)...)
		t.prove(sealedQuery, s.Day, s.Hash, s.Previous, s.SealedAt)
		return nil
	})
}

package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Schema says how far a schema is.
type Schema struct {
	Version        int64 // 0: there is none yet
	CompatibleFrom int64 // the earliest version whose butlerd may still use it
	Known          int64 // the latest version that this build knows
}

// check says why this build cannot use a schema.
func (s Schema) check() error {
	if s.Version > s.Known && s.CompatibleFrom > s.Known {
		return fmt.Errorf("its schema has version %d, for a butlerd that knows version %d, and this one knows versions up to %d: "+
			"it was written by a newer butlerd", s.Version, s.CompatibleFrom, s.Known)
	}
	return nil
}

// Migrate brings the schema up to date, as Open does, and returns what it was
// and what it is. It is refused while hosts hold a lease that could not work with it.
func Migrate(ctx context.Context, o Options) (from, to Schema, err error) {
	d, err := connect(ctx, o)
	if err == nil {
		defer d.disconnect()
		if from, err = d.migrate(ctx); err == nil {
			to, err = d.schema(ctx)
		}
	}
	if err != nil {
		return from, to, fmt.Errorf("migrating the PostgreSQL store: %w", classify(err))
	}
	return from, to, nil
}

// migrate brings the schema up to date and returns how far it was.
func (d *DB) migrate(ctx context.Context) (was Schema, err error) {
	all, err := known()
	if err != nil {
		return was, err
	}
	if err := d.findSchema(ctx); err != nil {
		return was, err
	}
	if was, err = d.schema(ctx); err != nil || was.Version >= was.Known {
		return was, errors.Join(err, was.check())
	}
	return was, d.apply(ctx, all)
}

// schema reads how far the schema is.
func (d *DB) schema(ctx context.Context) (s Schema, err error) {
	all, err := known()
	if err != nil {
		return s, err
	}
	err = d.transact(ctx, beginWrite, true, func(t *tx) (err error) {
		s, err = t.schema()
		return err
	})
	s.Known = all[len(all)-1].version
	return s, err
}

func (t *tx) schema() (s Schema, err error) {
	var there bool
	t.q("SELECT to_regclass('schema_versions') IS NOT NULL").QueryRow(into(&there))
	if err := t.flush(); err != nil || !there {
		return s, err
	}
	t.q(`SELECT coalesce(max(version), 0),
		coalesce((SELECT compatible_from FROM schema_versions ORDER BY version DESC LIMIT 1), 0) FROM schema_versions`).
		QueryRow(into(&s.Version, &s.CompatibleFrom))
	return s, t.flush()
}

// apply carries out what is missing, in one transaction that keeps all others
// out: it works through a pooler, and a migration that fails leaves nothing.
func (d *DB) apply(ctx context.Context, all []migration) error {
	return d.transact(ctx, beginWrite, true, func(t *tx) error {
		t.ctx, t.patience = ctx, time.Hour // a table with history takes its time
		t.q("SET LOCAL statement_timeout = 0")
		t.lock(migrateLock())
		t.q(`CREATE TABLE IF NOT EXISTS schema_versions (
			version         bigint      PRIMARY KEY,
			compatible_from bigint      NOT NULL, -- the earliest version whose butlerd may still use it
			applied_at      timestamptz NOT NULL DEFAULT clock_timestamp()
		)`)
		if err := t.flush(); err != nil {
			return err
		}
		s, err := t.schema()
		if err != nil {
			return err
		}
		// A newer host may have migrated it while this one waited for the lock.
		s.Known = all[len(all)-1].version
		if err := s.check(); err != nil {
			return err
		}
		if err := t.outdated(all, s.Version); err != nil {
			return err
		}
		for _, m := range all {
			if m.version <= s.Version {
				continue
			}
			if err := t.migrate(m); err != nil {
				return fmt.Errorf("migrating the schema to version %d: %w", m.version, err)
			}
		}
		return nil
	})
}

// outdated refuses a migration that hosts which are there could not work beside: they
// hold a lease, and what they claim would be refused and recorded as missed. All of them
// know no more than the version that the schema has, or one would have migrated it. A
// host that died keeps its lease until it runs out.
func (t *tx) outdated(all []migration, version int64) error {
	newest := all[len(all)-1]
	if version == 0 || newest.compatibleFrom <= version {
		return nil
	}
	var names []string
	t.lock(t.db.locks.join) // none joins until it is done
	list(t, &names, scanText, "SELECT name FROM hosts WHERE ended_at IS NULL AND NOT ("+ranOut+") ORDER BY name, id")
	if err := t.flush(); err != nil || len(names) == 0 {
		return err
	}
	return fmt.Errorf("the schema has version %d, and a butlerd that knows less than version %d cannot work with version %d; "+
		"these hosts run one and hold a lease: %s; stop them first (a host that died holds its lease until it runs out)",
		version, newest.compatibleFrom, newest.version, strings.Join(names, ", "))
}

func (t *tx) migrate(m migration) error {
	// Without arguments many statements are sent as one text.
	if _, err := t.conn.Exec(t.ctx, m.sql); err != nil {
		return err
	}
	t.q("INSERT INTO schema_versions (version, compatible_from) VALUES ($1, $2)", m.version, m.compatibleFrom)
	return t.flush()
}

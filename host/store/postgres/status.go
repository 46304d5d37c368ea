package postgres

import (
	"context"
	"fmt"

	"butlerd/host/store"
)

// State is what Status tells.
type State struct {
	Server string // its version, "15.10 (Debian 15.10-1)"
	Schema Schema
	// Counts and Hosts are those of the ledger; without a schema, or with one that
	// this build cannot read, there are none.
	Counts store.Counts
	Hosts  []store.Host
}

// Status says what is in a database, and changes nothing.
func Status(ctx context.Context, o Options) (State, error) {
	var s State
	d, err := connect(ctx, o)
	if err == nil {
		defer d.disconnect()
		err = d.status(ctx, &s)
	}
	if err != nil {
		return s, fmt.Errorf("reading the status of the PostgreSQL store: %w", classify(err))
	}
	return s, nil
}

func (d *DB) status(ctx context.Context, s *State) (err error) {
	if err := d.transact(ctx, beginRead, true, func(t *tx) error {
		t.q("SELECT current_setting('server_version')").QueryRow(into(&s.Server))
		return nil
	}); err != nil {
		return err
	}
	if s.Schema, err = d.schema(ctx); err != nil || s.Schema.Version == 0 || s.Schema.check() != nil {
		return err
	}
	if s.Counts, err = d.Counts(ctx); err != nil {
		return err
	}
	s.Hosts, err = d.Hosts(ctx)
	return err
}

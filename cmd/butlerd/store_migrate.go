package main

import (
	"context"
	"fmt"

	"butlerd/host"
	"butlerd/host/config"
	"butlerd/host/store"
	"butlerd/host/store/postgres"
)

// migration is what a migration did. A version of 0 is unknown, or that of a store
// that was not there.
type migration struct {
	Store storePlace `json:"store"`
	From  int64      `json:"from_version"`
	To    int64      `json:"to_version"`
}

// storeMigrate brings a schema up to date, as every start of a host does.
func (p *program) storeMigrate(ctx context.Context, args []string) error {
	fs := p.flags("store migrate")
	cf := addConfigFlags(fs)
	asJSON := fs.Bool("json", false, "print JSON")
	if err := parse(fs, args); err != nil {
		return err
	}
	c, err := p.storeConfig(cf.options(p))
	if err != nil {
		return err
	}
	m := migration{Store: newStorePlace(c)}
	if m.From, m.To, err = p.migrateStore(ctx, c); err != nil {
		return err
	}
	if *asJSON {
		return p.printJSON(m)
	}
	fmt.Fprintln(p.stdout, m)
	return nil
}

func (m migration) String() string {
	text := m.Store.String() + " is up to date"
	if m.To != 0 {
		text += fmt.Sprintf(": its schema has version %d", m.To)
	}
	if m.From != m.To && m.From == 0 {
		text += ", and was made now"
	} else if m.From != m.To {
		text += fmt.Sprintf(", and had version %d", m.From)
	}
	return text + "."
}

func (p *program) migrateStore(ctx context.Context, c config.Store) (from, to int64, err error) {
	if c.Kind == "postgres" {
		was, is, err := postgres.Migrate(ctx, host.PostgresOptions(c.Postgres, p.storeLog()))
		return was.Version, is.Version, err
	}
	st, err := p.openStore(ctx, c) // which migrates it
	if err != nil {
		return 0, 0, err
	}
	defer st.Close()
	to, err = schemaVersion(ctx, st)
	return to, to, err
}

// versioned is a store that knows the version of its schema.
type versioned interface {
	SchemaVersion(ctx context.Context) (int64, error)
}

// schemaVersion is the version of a store's schema; 0 when it knows none.
func schemaVersion(ctx context.Context, st store.Store) (int64, error) {
	if v, ok := st.(versioned); ok {
		return v.SchemaVersion(ctx)
	}
	return 0, nil
}

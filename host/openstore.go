package host

import (
	"context"
	"fmt"
	"log/slog"

	"butlerd/host/config"
	"butlerd/host/store"
	"butlerd/host/store/postgres"
	"butlerd/host/store/sqlite"
)

// OpenStore opens the store that a configuration names, and brings its schema up
// to date. Who opens it closes it.
func OpenStore(ctx context.Context, c config.Store, log *slog.Logger) (store.Store, error) {
	switch c.Kind {
	case "sqlite":
		return opened(sqlite.Open(ctx, sqlite.Options{Path: c.Path, Log: log}))
	case "postgres":
		return opened(postgres.Open(ctx, PostgresOptions(c.Postgres, log)))
	}
	return nil, fmt.Errorf("there is no store of the kind %q", c.Kind)
}

// PostgresOptions are those of a store of the kind postgres.
func PostgresOptions(c config.Postgres, log *slog.Logger) postgres.Options {
	return postgres.Options{
		URL:              c.URL,
		Lease:            c.Lease,
		MaxConnections:   c.MaxConnections,
		ConnectTimeout:   c.ConnectTimeout,
		StatementTimeout: c.StatementTimeout,
		Pooler:           c.Pooler,
		RootCert:         c.RootCert,
		ClientCert:       c.ClientCert,
		ClientKey:        c.ClientKey,
		Log:              log,
	}
}

// opened keeps the nil of a failed engine from becoming a store that is not nil.
func opened[S store.Store](s S, err error) (store.Store, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

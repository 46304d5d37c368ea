package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"butlerd/host"
	"butlerd/host/config"
	"butlerd/host/store"
)

// store looks after the store of a configuration. No plugin is started for it.
func (p *program) store(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return usageError{"butlerd store: status, migrate or copy is needed"}
	}
	ctx, stop := p.untilStopped(ctx)
	defer stop()
	switch args[0] {
	case "status":
		return p.storeStatus(ctx, args[1:])
	case "migrate":
		return p.storeMigrate(ctx, args[1:])
	case "copy":
		return p.storeCopy(ctx, args[1:])
	}
	return usageError{fmt.Sprintf("butlerd store: there is no %q, only status, migrate and copy", args[0])}
}

// storeConfig loads a configuration for its store.
func (p *program) storeConfig(o config.Options) (config.Store, error) {
	c, diags := config.Load(o)
	if diags.HasErrors() {
		return config.Store{}, p.report(diags, &host.DiagnosticsError{Diagnostics: diags})
	}
	return c.Store, nil
}

// openStore opens a store for a command, whose log goes to standard error.
func (p *program) openStore(ctx context.Context, c config.Store) (store.Store, error) {
	return host.OpenStore(ctx, c, p.storeLog())
}

func (p *program) storeLog() *slog.Logger {
	return slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// openExisting is openStore, but makes no file: a misspelt path must not become
// an empty store.
func (p *program) openExisting(ctx context.Context, c config.Store) (store.Store, error) {
	if c.Kind == "sqlite" {
		if _, err := os.Stat(c.Path); errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("there is no store at %s", c.Path)
		}
	}
	return p.openStore(ctx, c)
}

package explain

import (
	"context"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// Source is what Explain reads of a store.
type Source interface {
	Plans
	Ledger
	Standing
}

// Plans are what was to happen.
type Plans interface {
	VersionsOf(ctx context.Context, scheduleID string) ([]store.Version, error)
	Holds(ctx context.Context, since time.Time) ([]store.Hold, error)
}

// Ledger is what has happened.
type Ledger interface {
	Firings(ctx context.Context, q store.FiringQuery) ([]run.Firing, error)
	Runs
}

// Runs are looked up by schedule, by id, and by the run that made them.
type Runs interface {
	Runs(ctx context.Context, q store.RunQuery) (store.RunPage, error)
	Run(ctx context.Context, id string) (run.Run, []run.Attempt, error)
	Children(ctx context.Context, runID string) ([]run.Run, error)
}

// Standing is how far the ledger goes, and who writes it.
type Standing interface {
	SettledUntil(ctx context.Context) (time.Time, error)
	KeptSince(ctx context.Context) (time.Time, error)
	Hosts(ctx context.Context) ([]store.Host, error)
}

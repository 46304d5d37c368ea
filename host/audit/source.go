package audit

import (
	"context"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// Source is what Verify reads of a store.
type Source interface {
	Past
	Settled
	Seals(ctx context.Context) ([]store.Seal, error)
}

// Past says what was owed.
type Past interface {
	Versions(ctx context.Context, since time.Time) ([]store.Version, error)
	Holds(ctx context.Context, since time.Time) ([]store.Hold, error)
	SettledUntil(ctx context.Context) (time.Time, error)
}

// Settled says what has become of it.
type Settled interface {
	dayLister
	Settlements(ctx context.Context, q store.SettlementQuery) ([]run.Firing, error)
	FiringRuns(ctx context.Context, q store.SettlementQuery) ([]store.FiringRun, error)
	KeptSince(ctx context.Context) (time.Time, error)
}

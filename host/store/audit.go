package store

import (
	"context"
	"time"

	"butlerd/host/run"
)

// Audit is what it takes to prove what the ledger says, and to let go of what is
// too old to be kept.
type Audit interface {
	// Settlements lists settled firings of all schedules in order of schedule, then due
	// time. The time of the last one's transaction does not change what it finds: a
	// firing whose run is open is among them.
	Settlements(ctx context.Context, q SettlementQuery) ([]run.Firing, error)
	// SettledOn hands out the firings that were settled within 24 hours from an instant,
	// in the order of Settlements: a day may have millions of them, and costs so much as
	// it has. It ends with the first error of to, which must not use the store.
	SettledOn(ctx context.Context, day time.Time, to func(run.Firing) error) error
	// FiringRuns lists the runs that firings have made, be they open or not, in order
	// of schedule, due time and id.
	FiringRuns(ctx context.Context, q SettlementQuery) ([]FiringRun, error)
	// Seals lists the seals of all days, the first day first.
	Seals(ctx context.Context) ([]Seal, error)
	// Seal adds the seal of a day. ErrExists when that day has one, ErrStale when
	// Previous is not the hash of the latest seal.
	Seal(ctx context.Context, s Seal) error
	// Cutoff is when the oldest of the newest n ended runs was made: those made before
	// are more than are to be kept. Zero when there are not so many.
	Cutoff(ctx context.Context, n int64) (time.Time, error)
	// Prune deletes some of what is older than an instant, and says whether there is
	// more: runs that ended before it, unless they are Unfollowed, with their attempts
	// and logs; firings settled before it; versions and holds out of force before it,
	// but for the last version of a schedule that is not there any more: its id goes on
	// counting.
	// It deletes the rows of Limit runs or firings at most, so that no firing waits
	// long for it. KeptSince moves to the instant before anything is deleted.
	Prune(ctx context.Context, p Prune) (Pruned, error)
	// KeptSince is the instant since when all settlements are kept; zero when
	// nothing was deleted.
	KeptSince(ctx context.Context) (time.Time, error)
}

// SettlementQuery selects settlements. Zero times do not bound.
type SettlementQuery struct {
	From, To               time.Time // DueAt in [From, To)
	SettledFrom, SettledTo time.Time // SettledAt in [SettledFrom, SettledTo); of runs: CreatedAt
	// After is where the page before ended; zero: from the beginning.
	After SettlementKey
	Limit int // 1..MaxPage; 0: MaxPage
}

// SettlementKey is a place in the order of settlements. RunID is of FiringRuns only.
type SettlementKey struct {
	ScheduleID string
	DueAt      time.Time
	RunID      string
}

// FiringRun is a run that a firing has made, as far as it can be compared with it.
type FiringRun struct {
	ScheduleID string
	DueAt      time.Time
	RunID      string
	Version    int64
	Trigger    run.Trigger
	State      run.State
}

// Seal makes it evident when settlements of a day are changed later: its hash is
// over all of them, and over the seal of the day before that has one.
type Seal struct {
	Day      time.Time // midnight UTC: of the firings settled in the 24 hours from then
	Count    int64     // of firings
	Hash     string    // SHA-256, hexadecimal; see package audit for what it is over
	Previous string    // the Hash of the seal before; empty for the first
	SealedAt time.Time
}

// Prune says what is to be deleted.
type Prune struct {
	Before time.Time
	Limit  int // 1..MaxPage
}

// Pruned says what was deleted.
type Pruned struct {
	Runs    int64
	Firings int64
	More    bool
}

package store

import (
	"context"
	"encoding/json"
	"time"

	"butlerd/host/run"
)

// Hosts keeps which hosts write to the store. A host joins before its first
// write of a firing, a run or an attempt, and again, under a new id, when its
// lease was taken from it.
type Hosts interface {
	// Join adds a host and gives it a lease. What hosts whose lease has ended left
	// open is settled in the same transaction: running attempts become Lost
	// (run.ReasonHostDied), and their runs as their OnLost says. When no other host
	// holds a lease, runs that wait for their first attempt since before KeepSince
	// become Cancelled (run.ReasonNeverStarted): nobody was there for them. Kept are
	// retries, runs that need a pool, whose MaxWait says how long they may wait, and
	// what nobody would ask for a second time: runs that are caught up, and those that
	// follow another (run.ByChain). In an engine for one host, nobody else ever holds a lease.
	Join(ctx context.Context, h Host) (Joined, error)
	// Leave ends a host's lease. What it left open is settled as by Join. It returns
	// the runs whose attempts it ended; a host that holds no lease has nothing to leave.
	Leave(ctx context.Context, hostID string, at time.Time) ([]run.Run, error)
	// Hosts lists the hosts that hold a lease, and those whose lease ended within
	// the last day, by name, then by when they joined.
	Hosts(ctx context.Context) ([]Host, error)
}

// Host is one butlerd process as the others see it.
type Host struct {
	ID    string // unique to each life
	Name  string // for people
	Lease Lease
	// JoinedAt is by the store's clock.
	JoinedAt time.Time
	// EndedAt is when the lease was ended, by the host or by one that took over;
	// zero while it holds one.
	EndedAt time.Time
	Report  Report
	// KeepSince is of a Join only: a run that was made at that time or later may still
	// be started. Zero: none may.
	KeepSince time.Time
}

// Lease is the right to claim firings and to execute runs. An engine for one host
// gives leases that do not end.
type Lease struct {
	// For is how long a lease lasts; zero: it does not end.
	For time.Duration
	// Now is the store's clock as the lease was given, which is the clock of all
	// hosts. Zero: the host's own clock counts.
	Now time.Time
	// Until is when it ends, by the store's clock; zero: never.
	Until time.Time
}

// Report is what a host tells of itself.
type Report struct {
	Version    string            `json:"version"` // of the program
	Address    string            `json:"address"` // of its API
	Labels     map[string]string `json:"labels"`
	ConfigHash string            `json:"config_hash"` // equal for equal configurations
	Draining   bool              `json:"draining"`    // it claims and takes nothing
	Running    int               `json:"running"`     // attempts being executed
	Plugins    []PluginReport    `json:"plugins"`
}

// PluginReport is what a host tells of one of its plugins.
type PluginReport struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	State   string `json:"state"`
	Slots   int    `json:"slots"`
	Running int    `json:"running"`
}

// Joined is what Join gives.
type Joined struct {
	Lease Lease
	// Alone says that no other host held a lease.
	Alone bool
	// Ended are the runs that were settled: ended, or Waiting again for another
	// attempt.
	Ended []run.Run
}

// Shared is what an engine can do that several hosts use at once.
type Shared interface {
	// Renew extends a lease, also one that ran out and that nobody has taken over,
	// and keeps what the host reports. ErrFenced when the lease was ended.
	Renew(ctx context.Context, hostID string, r Report) (Lease, error)
	// TakeOver ends the leases that have run out, and settles what their hosts left
	// open as Join does. Waiting runs stay for the hosts that are left. It returns the
	// runs whose attempts it ended. ErrFenced when the caller holds no lease itself.
	TakeOver(ctx context.Context, hostID string, at time.Time) ([]run.Run, error)
	// Executing returns the runs whose open attempt belongs to a host, as the ledger
	// has it.
	Executing(ctx context.Context, hostID string) ([]run.Run, error)
	// Declare keeps which schedules a host's files declare, in place of what it
	// declared before. It returns those that other hosts with a lease declare.
	Declare(ctx context.Context, hostID string, ids []string) ([]string, error)
	// Order asks another host for something; it sees it in its News.
	Order(ctx context.Context, o Order) error
	// News says what has happened since a revision, and takes the orders for a host.
	News(ctx context.Context, hostID string, since int64) (News, error)
	// Watch wakes the caller when there may be news: a token that is not taken stands
	// for many. It is a help, not a promise: what it misses, a poll finds. The channel
	// is never closed.
	Watch() <-chan struct{}
}

// OrderKind says what a host is asked to do.
type OrderKind string

// The orders.
const (
	OrderCancel  OrderKind = "cancel"  // end a run that it executes
	OrderReplace OrderKind = "replace" // end a run that it executes: a later firing replaces it
	OrderDrain   OrderKind = "drain"   // claim and take nothing any more
	OrderResume  OrderKind = "resume"  // the end of a drain
)

// Order is for the host that executes a run, or for one that is named.
type Order struct {
	Kind  OrderKind
	RunID string // of OrderCancel and OrderReplace: it goes to the host whose attempt is open, ErrNotFound when none is
	// HostID of the others: ErrNotFound when it holds no lease.
	HostID string
}

// News is what a host has to know of what others did.
type News struct {
	// Revision counts the changes of schedules. It is what the next call asks from.
	Revision int64
	// Changed are the schedules in force that are new or changed since, Deleted the
	// ids that are not in force any more. With a revision of zero all schedules are
	// changed.
	Changed []Schedule
	Deleted []string
	// Orders are those for the host, in the order in which they were given. Each is
	// seen at least once: again when the answer that had it was lost.
	Orders []Order
	// Waiting says that runs wait for a slot, by plugin.
	Waiting map[string]int
}

// Archive moves a whole ledger from one store to another.
type Archive interface {
	// Export hands out everything that the ledger holds, hosts aside, from one
	// consistent state, in the order of RecordKinds and of each one's key. It ends
	// with the first error of to.
	Export(ctx context.Context, to func(Record) error) error
	// Import takes records up into a ledger that is empty, in one transaction.
	// ErrExists when it is not. from returns false at the end.
	Import(ctx context.Context, from func() (Record, bool, error)) error
}

// RecordKind tells records apart.
type RecordKind string

// The kinds of records.
const (
	RecordSchedule RecordKind = "schedules"
	RecordVersion  RecordKind = "versions"
	RecordFiring   RecordKind = "firings"
	RecordRun      RecordKind = "runs"
	RecordAttempt  RecordKind = "attempts"
	RecordLogEntry RecordKind = "log_entries"
	RecordHold     RecordKind = "holds"
	RecordSeal     RecordKind = "seals"
	RecordLedger   RecordKind = "ledger"
	// Those of the key-value store.
	RecordNamespace RecordKind = "namespaces"
	RecordKeyValue  RecordKind = "key_values"
)

// RecordKinds lists the kinds in the order of an Export.
func RecordKinds() []RecordKind {
	return []RecordKind{RecordSchedule, RecordVersion, RecordFiring, RecordRun, RecordAttempt, RecordLogEntry, RecordHold, RecordSeal, RecordLedger,
		RecordNamespace, RecordKeyValue}
}

// Record is one row of a ledger. The member that its Kind names is set, as JSON
// that is the same in every engine.
type Record struct {
	Kind RecordKind      `json:"kind"`
	Data json.RawMessage `json:"data"`
}

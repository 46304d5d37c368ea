// Package store is what the host asks of a store: the ledger of firings, runs
// and attempts, the schedules with all their versions, and the hosts that write
// them.
//
// It holds contracts and plain data. The engines live below it: sqlite for one
// host, postgres for several that share the work. Each is held to the contract by
// the suite in storetest. What a firing or a run means
// is said in package run; policy is decided in package dispatch, except where a
// decision is only right inside the claiming transaction.
//
// All methods are safe for concurrent use. A write that has returned nil is
// durable: it survives kill -9 and, with an engine's default settings, a power
// cut. A write whose ctx ends before it is begun is not made and returns ctx's
// error; one that is begun is finished, and its caller waits for it. Times are
// kept to the microsecond, in UTC. Text is valid UTF-8 without NUL, within the
// limits MaxText and MaxDocument.
package store

import (
	"context"
	"errors"
	"time"

	"butlerd/host/run"
)

// ErrNotFound is returned for a schedule or a run that is not there.
var ErrNotFound = errors.New("not found")

// ErrExists is returned when a schedule's id is taken.
var ErrExists = errors.New("already exists")

// ErrFenced is returned for a write of a host that holds no lease: it never
// joined, its lease ran out, or it has left. Nothing was written. The host may
// join again under a new id.
var ErrFenced = errors.New("this host holds no lease")

// ErrStale is returned for a change that was made from a version which is not in
// force any more.
var ErrStale = errors.New("changed meanwhile")

// ErrUnavailable wraps an error of an engine that may pass: a locked or full
// disk, a database that is away. The same call may succeed later.
var ErrUnavailable = errors.New("store unavailable")

// Store is everything. A user of it declares the few methods it needs.
type Store interface {
	Schedules
	Ledger
	History
	Hosts
	Holds
	Queue
	Audit
	Archive
	KeyValues
	// Ping says whether the store can be written, by writing.
	Ping(ctx context.Context) error
	// Close flushes and closes. Calls after it fail with ErrUnavailable.
	Close() error
}

// Schedules keeps the schedules and each of their versions.
type Schedules interface {
	// Schedules returns the schedules in force, in the order they were created.
	Schedules(ctx context.Context) ([]Schedule, error)
	// Change makes all changes in one transaction, or none. It returns the
	// schedules as they are now, in the order of the changes (for a Delete as
	// they were). ErrExists, ErrNotFound and ErrStale name the schedule. A change takes
	// effect no earlier than the last instant of its schedule that is settled:
	// what was claimed under a version stays owed by it. Nor does it, when the clock
	// was set back, before the version that it ends came into force, or the one before
	// went out of force: the intervals of versions follow each other.
	Change(ctx context.Context, changes []Change) ([]Schedule, error)
	// Versions returns the versions that were in force at any time since t,
	// ordered by schedule, then version. Deleted schedules included, and versions
	// that were replaced at the instant at which they came into force.
	Versions(ctx context.Context, since time.Time) ([]Version, error)
	// VersionsOf returns all versions of one schedule that are kept, the first one
	// first; none when there never was such a schedule.
	VersionsOf(ctx context.Context, scheduleID string) ([]Version, error)
}

// Ledger writes what happened to firings, runs and attempts.
type Ledger interface {
	// Claim settles firings, all in one transaction per chunk of a thousand. It
	// returns one Claimed for each Due, in the same order; with an error, those of
	// the chunks before it. ErrFenced when the host holds no lease.
	Claim(ctx context.Context, claim Claim) ([]Claimed, error)
	// Miss records firings that did not run, with their outcome and reason. One
	// that is settled already is left as it is. It returns how many were new.
	Miss(ctx context.Context, firings []run.Firing) (int, error)
	// SettledUntil is the Until of the latest Claim or Settled call of a host, and
	// the latest of those of all hosts, be they gone or not: the host that made it
	// had settled every earlier instant. Zero before the first.
	SettledUntil(ctx context.Context) (time.Time, error)
	// Settled moves a host's SettledUntil without a claim. ErrFenced when the host
	// holds no lease.
	Settled(ctx context.Context, hostID string, until time.Time) error
	// Trigger makes a run that no firing asked for. When the schedule has a run
	// with the same idempotency key already, that one is returned and made is
	// false. The overlap policy does not apply, and a stopped schedule is run too,
	// under the version in force; ErrNotFound when there is none. ErrFenced when the
	// host holds no lease. A run with Work is of no schedule: its ScheduleID is empty
	// and its version 0, and keys are unique among such runs.
	Trigger(ctx context.Context, t Trigger) (r run.Run, made bool, err error)
	// Take starts attempts of waiting runs of one plugin, and returns the runs as they
	// are now, in the order in which they are to be started. Waiting runs belong to no host:
	// whichever has a slot free takes one, and each is taken once. ErrFenced when
	// the host holds no lease.
	Take(ctx context.Context, t Take) ([]run.Run, error)
	// End ends a running attempt and its run, or has the run wait for another attempt.
	// It reports false, and changes nothing, when the attempt is not open or belongs to
	// another host.
	End(ctx context.Context, end AttemptEnd) (bool, error)
	// Abandon ends a waiting run that will not be started, with a final state.
	// It reports false when the run is not waiting any more.
	Abandon(ctx context.Context, a Abandon) (bool, error)
	// Log appends to the logs of runs. Entries that are there already are left as
	// they are, and so are those of attempts that are not open or belong to another
	// host.
	Log(ctx context.Context, hostID string, entries []run.LogEntry) error
}

// History reads the ledger. A limit beyond the bounds is an error.
type History interface {
	// Runs lists runs, newest first, without their Work, which may be large.
	Runs(ctx context.Context, q RunQuery) (RunPage, error)
	// Run returns one run with its attempts, oldest first.
	Run(ctx context.Context, id string) (run.Run, []run.Attempt, error)
	// RunLog returns log entries of a run in order (attempt, seq), after the given
	// position.
	RunLog(ctx context.Context, q LogQuery) ([]run.LogEntry, error)
	// Firings lists settled firings of a schedule in order of their due time.
	Firings(ctx context.Context, q FiringQuery) ([]run.Firing, error)
	// Counts says how many firings and runs there are, by outcome and by state.
	Counts(ctx context.Context) (Counts, error)
	// Waiting says how many runs wait for a slot, by plugin.
	Waiting(ctx context.Context) (map[string]int, error)
}

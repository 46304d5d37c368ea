package api

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"time"

	"butlerd/host/audit"
	"butlerd/host/config"
	"butlerd/host/dispatch"
	"butlerd/host/explain"
	"butlerd/host/plugin"
	"butlerd/host/registry"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/simulate"
	"butlerd/host/store"
)

// Options are what New needs. All members are required.
type Options struct {
	Version   string // of the program
	Schedules Schedules
	Runs      Runs
	History   History
	Hosts     Hosts
	Holds     Holds
	Audit     Audit
	// Simulate plays what is to come. What is wrong with the query is a
	// *simulate.QueryError.
	Simulate func(ctx context.Context, q simulate.Query) (*simulate.Report, error)
	// Plugins lists the plugins in force, by name.
	Plugins func() []PluginInfo
	// Reload loads the configuration again, all or nothing. An error among the
	// diagnostics says what is wrong with it.
	Reload func(ctx context.Context) (registry.Diff, config.Diagnostics, error)
	// Backup writes all that the store holds, as package backup has it.
	Backup func(ctx context.Context, w io.Writer) error
	// Ready lists what readiness depends on.
	Ready   func() []Check
	Metrics http.Handler
	// Work performs what callers of /v4 ask for. Nil in tests that ask for nothing.
	Work Work
	// KeyValues are what callers of /v4 keep.
	KeyValues store.KeyValues
	// Now is the clock that all hosts of the store go by: what one keeps for a time is
	// gone for all at once.
	Now func() time.Time
	// Settings are those of the configuration in force, which a reload changes.
	Settings func() config.API
	// V4Responses chooses the shapes of /v4 where Butler's versions differ.
	V4Responses V4Responses
	Log         *slog.Logger
}

// V4Responses names whose answers /v4 gives.
type V4Responses = string

// The choices of V4Responses.
const (
	Examples V4Responses = "examples"  // as Butler's documentation shows them
	Butler16 V4Responses = "butler-16" // as Butler 16 gives them
)

// Schedules are the schedules in force.
type Schedules interface {
	ScheduleReader
	ScheduleWriter
	ScheduleSwitch
}

// ScheduleReader looks schedules up.
type ScheduleReader interface {
	Get(id string) (store.Schedule, bool)
	List() []store.Schedule
	Next(id string, n int) []time.Time
}

// ScheduleWriter makes and removes schedules.
type ScheduleWriter interface {
	Create(ctx context.Context, d schedule.Definition, by string) (store.Schedule, error)
	Delete(ctx context.Context, id, by string) error
}

// ScheduleSwitch starts and stops schedules.
type ScheduleSwitch interface {
	SetStarted(ctx context.Context, id string, started bool, by string) (store.Schedule, error)
	SetAllStarted(ctx context.Context, started bool, by string) error
}

// Runs makes and ends runs.
type Runs interface {
	Trigger(ctx context.Context, q dispatch.Request) (r run.Run, made bool, err error)
	// Cancel asks a run to end. With nil it has ended, or the host that executes it
	// is told. dispatch.ErrNotOpen when the run has ended before.
	Cancel(ctx context.Context, runID string) error
}

// Work is what plugins do for callers of the API, of no schedule.
type Work interface {
	// Perform makes a run and waits for it, see dispatch.Dispatcher.
	Perform(ctx context.Context, a dispatch.Ask) (dispatch.Performed, error)
	// Query asks a plugin something that changes nothing and makes no run. The answer
	// is a JSON object. dispatch.ErrNoAction when no plugin answers such a query; a
	// *plugin.QueryError has what the plugin said of its failure.
	Query(ctx context.Context, action string, arguments []byte) (json.RawMessage, error)
}

// Hosts are the hosts that share the store.
type Hosts interface {
	List(ctx context.Context) ([]store.Host, error)
	// Self is the id of this host.
	Self() string
	// Drain makes a host claim and take nothing any more, or again. It is carried
	// out by that host, soon. store.ErrNotFound when it holds no lease.
	Drain(ctx context.Context, hostID string, on bool, by string) error
}

// Holds keep schedules from firing.
type Holds interface {
	// Hold puts a hold in force, now, and returns it as it is kept.
	Hold(ctx context.Context, h store.Hold) (store.Hold, error)
	// Release ends a hold. store.ErrNotFound when there is none of the id.
	Release(ctx context.Context, id, by string) (store.Hold, error)
	// Holds lists the holds that were in force at any time since then.
	Holds(ctx context.Context, since time.Time) ([]store.Hold, error)
}

// History reads the ledger.
type History interface {
	RunHistory
	Firings(ctx context.Context, q store.FiringQuery) ([]run.Firing, error)
}

// RunHistory reads the runs of the ledger.
type RunHistory interface {
	Runs(ctx context.Context, q store.RunQuery) (store.RunPage, error)
	Run(ctx context.Context, id string) (run.Run, []run.Attempt, error)
	RunLog(ctx context.Context, q store.LogQuery) ([]run.LogEntry, error)
	Children(ctx context.Context, runID string) ([]run.Run, error)
}

// Audit verifies and explains the ledger.
type Audit interface {
	Verify(ctx context.Context, from, to time.Time) (audit.Report, error)
	// Explain takes a time as explain.Query has it.
	Explain(ctx context.Context, scheduleID, at string) (explain.Explanation, error)
}

// PluginInfo is what there is to say of a plugin.
type PluginInfo struct {
	Status        plugin.Status
	Description   plugin.Description
	MaxConcurrent int // attempts at a time
	Running       int // attempts being executed
	Waiting       int // runs that wait for one of its slots
}

// Check is one thing that readiness depends on.
type Check struct {
	Name   string
	OK     bool
	Detail string // in words for people, what is or what is wrong
}

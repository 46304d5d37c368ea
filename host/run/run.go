// Package run is the plain data of the ledger, firings, runs and attempts, and
// the state machine that says how they end, as pure functions.
//
// It does no I/O, keeps no state and reads no clock: who claims a firing, who
// calls a plugin and who writes the ledger is decided in packages dispatch and
// store.
package run

import (
	"encoding/json"
	"time"
)

// Trigger says why a run exists.
type Trigger string

// The triggers.
const (
	ByFiring  Trigger = "firing"
	ByAPI     Trigger = "api"
	ByChain   Trigger = "chain"
	ByCatchUp Trigger = "catch_up"
)

// Outcome is how a firing was settled.
type Outcome string

// The outcomes of a firing.
const (
	Ran     Outcome = "ran"     // there is a run for it
	Skipped Outcome = "skipped" // the host was there and a rule kept it from running
	Missed  Outcome = "missed"  // the host was not there in time
)

// Firing is one nominal instant of one schedule. The pair (ScheduleID, DueAt)
// is unique for ever.
type Firing struct {
	ScheduleID string
	DueAt      time.Time // whole seconds
	Outcome    Outcome
	Reason     Reason // why it did not run; None when it ran
	RunID      string // set when it ran
	HoldID     string // of the hold that kept it from running; empty otherwise
	Version    int64  // the version of the schedule it belongs to
	SettledAt  time.Time
}

// Run is one execution of an action.
type Run struct {
	ID             string // a UUID, version 7
	ScheduleID     string // empty for a run that is of no schedule: then Work is set
	ScheduleName   string // as it was when the run was made
	Version        int64  // the version of the schedule it runs under
	Trigger        Trigger
	By             string    // who asked, for a run over the API; empty otherwise
	IdempotencyKey string    // empty: none
	DueAt          time.Time // the nominal instant; the time of the request for ByAPI
	CreatedAt      time.Time
	StartedAt      time.Time // of the first attempt; zero before
	EndedAt        time.Time // zero while open
	State          State
	Reason         Reason
	Action         string // the action's type
	Plugin         string
	Summary        string // one line of what came of it
	Error          string // one line of what went wrong; empty on success
	Attempts       int    // how many were started
	// Step names the follow-up of the schedule that the run executes; empty for the
	// schedule's own action.
	Step string
	// ParentID is the run whose end made this one; empty otherwise.
	ParentID string
	Pool     string // whose slots it needs; empty: none
	Priority int    // the highest is taken first
	// ReadyAt is when a run that waits may be taken: a retry has its time. Zero: at
	// once.
	ReadyAt time.Time
	// WaitUntil is when a run that waits still is given up; zero: never.
	WaitUntil time.Time
	// Resume is the number of a lost attempt that the next one has to look for,
	// instead of starting anything; 0: none.
	Resume int
	// Work is what a run of no schedule executes; nil for a run of a schedule.
	Work *Work
}

// Attempt is one call of the plugin for a run.
type Attempt struct {
	RunID     string
	Number    int // counts from 1
	HostID    string
	State     State // never Waiting
	Reason    Reason
	StartedAt time.Time
	EndedAt   time.Time // zero while open
	Summary   string
	Error     string
	Result    json.RawMessage // the structured result; nil when there is none
	LogLines  int64           // entries of log and output the plugin sent
	LogBytes  int64
	Dropped   int64 // entries that were not kept, see package dispatch
	// Resumes is the number of the lost attempt that this one looked for; 0: it did
	// the work itself.
	Resumes int
	// Checkpoint is what the plugin noted last, to find again what it started; nil
	// when it noted nothing.
	Checkpoint json.RawMessage
}

// LogEntry is one line of what a run said.
type LogEntry struct {
	RunID      string
	Attempt    int
	Seq        int64 // counts from 1 within an attempt; gaps are entries not kept
	At         time.Time
	Kind       LogKind
	Level      string // of KindLog: debug, info, warn, error
	Text       string
	Attributes json.RawMessage // of KindLog: a JSON object; nil when there are none
}

// LogKind tells the entries of a run's log apart.
type LogKind string

// The kinds of log entries.
const (
	KindLog      LogKind = "log"
	KindOutput   LogKind = "output"
	KindProgress LogKind = "progress"
	KindHost     LogKind = "host" // what the host has to say of the run
)

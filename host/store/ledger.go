package store

import (
	"encoding/json"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
)

// Claim asks for firings. Each is decided inside the transaction, by the first
// rule that fits:
//
//   - it is settled already, with the run that this claim would make: Ran. The answer
//     to an earlier call was lost, and this one repeats it, with the same Start;
//   - it is settled already: not won;
//   - the schedule owes no firing at DueAt, for the version in force then (a
//     version is in force in (Since, Until]) was stopped or had another Cron or
//     Timezone, or there was none: not won, and nothing is recorded;
//   - Missed is set: Missed, with that reason;
//   - that version is not in force any more: Skipped, run.ReasonStopped;
//   - Overlap is skip and a run of the schedule is open, be it of an earlier Due
//     of the same claim: Skipped, run.ReasonOverlap;
//   - otherwise Ran, with a run that waits or runs.
type Claim struct {
	HostID string
	At     time.Time // now
	// Until becomes SettledUntil with the last chunk. It may go back, when the
	// clock did.
	Until time.Time
	Due   []Due
}

// Due is a firing to be claimed, with what is needed to admit it.
type Due struct {
	ScheduleID string
	Name       string
	DueAt      time.Time
	Cron       string // with Timezone: what DueAt was found with
	Timezone   string
	Overlap    schedule.Overlap
	Action     string
	Plugin     string
	RunID      string // the id the run gets, if there is to be one
	// Start says that the host has a slot free: the first attempt starts in the
	// same transaction. Otherwise the run waits.
	Start bool
	// Missed, when set, says that the firing is not to run: it is recorded as
	// missed with this reason.
	Missed run.Reason
}

// Claimed says what became of one Due.
type Claimed struct {
	// Won is false when the firing was settled before, by whomever, or is not owed;
	// the other members are then zero.
	Won     bool
	Outcome run.Outcome
	Reason  run.Reason
	State   run.State // of the run, when there is one: Waiting or Running
}

// Trigger asks for a run that no firing asked for.
type Trigger struct {
	Run    run.Run // ID, schedule, trigger, by, key, DueAt, CreatedAt, action, plugin
	HostID string
	Start  bool // as in Due
}

// Take asks for waiting runs of a plugin.
type Take struct {
	HostID string
	At     time.Time
	Plugin string
	Limit  int // 1..MaxPage
	// Except are schedules whose runs this host cannot execute: their runs are left
	// to others.
	Except []string
}

// AttemptEnd ends an attempt and its run. Entries are the last of its log and
// are written in the same transaction.
type AttemptEnd struct {
	RunID    string
	Number   int
	HostID   string
	At       time.Time
	State    run.State
	Reason   run.Reason
	Summary  string
	Error    string
	Result   json.RawMessage
	LogLines int64
	LogBytes int64
	Dropped  int64
	Entries  []run.LogEntry
}

// Abandon ends a run that never started.
type Abandon struct {
	RunID  string
	At     time.Time
	State  run.State
	Reason run.Reason
	Error  string
}

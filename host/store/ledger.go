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
//   - a hold of the schedule was in force at DueAt: Skipped, run.ReasonHeld, with
//     the hold's id. Of several the one that was made first counts;
//   - Overlap is skip and a run of the schedule is open, be it of an earlier Due
//     of the same claim: Skipped, run.ReasonOverlap;
//   - Overlap is queue, a run of the schedule is open, and QueueLimit or more wait
//     for their first attempt: Skipped, run.ReasonQueue;
//   - otherwise Ran, with a run that waits or runs. It waits when Start is not set,
//     when it needs a pool, when a hold that is there and has not ended at At lets the
//     schedule drain (Draining), or when Overlap is queue or replace and a run of the
//     schedule is open. With replace, those of the open runs that wait, be it for
//     their first attempt or for another one, are ended in the same transaction:
//     Cancelled, run.ReasonReplaced; Lost, run.ReasonUnknown, where a lost attempt was
//     to be looked for (run.Run.Resume): what it started may go on.
//
// A run counts as open here while it waits or runs, retries included, if its Step
// is empty: follow-ups keep no firing from running. Whatever two hosts claim at a
// time, the outcome is as if one had come after the other.
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
	// Cron is the key of the timing (schedule.Timing.Key): with Timezone, what DueAt
	// was found with.
	Cron     string
	Timezone string
	Tags     []string // holds may name them
	Policy
	Action string
	Plugin string
	// Trigger of the run: run.ByFiring, or run.ByCatchUp. Empty: run.ByFiring.
	Trigger run.Trigger
	RunID   string // the id the run gets, if there is to be one
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
	HoldID  string    // of the hold, with run.ReasonHeld
	// Replaces are the open runs of the schedule that this one replaces. Those that
	// waited have ended; those that are Running are for the caller to cancel. In the
	// answer to a repeated claim the former may be absent.
	Replaces []run.Run
}

// Policy is what the ledger has to know of a run to admit it, to have it started
// at the right time, and to settle it when its host is gone.
type Policy struct {
	// Overlap: with queue and replace the run is not taken while another one of the
	// schedule, follow-ups aside, is Running, whatever the policy of that one is. A run
	// that was made with another policy waits for none: when the policy of a schedule
	// is changed while a run waits for another attempt, the two may run side by side.
	Overlap    schedule.Overlap
	QueueLimit int    // of schedule.OverlapQueue; 0 counts as 1
	Pool       string // empty: none
	Priority   int
	MaxWait    time.Duration // run.Run.WaitUntil is so much after the run is made; 0: it waits for ever
	// OnLost says what becomes of the run when its host dies during an attempt.
	OnLost OnLost
	// Attempts is how many there may be, for OnLostRetry.
	Attempts int
	// LostWait is how long the attempt after a lost one waits, for OnLostRetry.
	LostWait time.Duration
	// Follow says that there is something to do when the run has ended: it is then
	// among Unfollowed.
	Follow bool
}

// OnLost says what becomes of a run when its host dies during an attempt. The
// attempt is lost in any case.
type OnLost string

// The choices. In all but the first, the run waits again.
const (
	OnLostFail   OnLost = ""       // it is Lost, run.ReasonHostDied
	OnLostRetry  OnLost = "retry"  // another attempt after LostWait, if Attempts allows one; else as OnLostFail
	OnLostResume OnLost = "resume" // the next attempt, after LookWait, looks for the lost one (run.Run.Resume); after MaxLooks of them as OnLostFail
)

// Trigger asks for a run that no firing asked for.
type Trigger struct {
	// Run has its ID, schedule, step, parent, trigger, by, key, DueAt, CreatedAt,
	// action and plugin; or, in place of a schedule, its Work of up to MaxDocument bytes
	// as JSON. Such a run waits for no other: its Overlap is not an exclusive one.
	Run    run.Run
	HostID string
	Start  bool // as in Due
	// Policy is as in Due, but Overlap skips nothing and replaces nothing: with queue
	// and replace the run waits for the end of those that are open.
	Policy
}

// Take asks for waiting runs of a plugin: of those that are ready (run.Run.ReadyAt),
// that no run of the same schedule keeps waiting (Policy.Overlap), and whose pool
// has a slot free, the ones of the highest priority, then the earliest due. A slot
// of a pool is taken by each Running run of it, of whichever plugin and on
// whichever host; what several hosts take at a time never adds up to more.
//
// A run that waits to look for a lost attempt keeps others of its schedule waiting
// like one that is Running: what it looks for may be. It waits itself for none that
// waits.
//
// A taken run has one more attempt. One with a Resume keeps it in what Take returns
// and in the attempt's Resumes; the run's own is then 0 again, as are ReadyAt and
// WaitUntil of any.
type Take struct {
	HostID string
	At     time.Time
	Plugin string
	Limit  int // 1..MaxPage
	// Except are schedules whose runs this host cannot execute: their runs are left
	// to others.
	Except []string
	// Pools has the slots of each pool. One that is not in it has no limit.
	Pools map[string]int
}

// AttemptEnd ends an attempt and its run, or has the run wait for another attempt.
// Entries are the last of its log and
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
	// Again, when it is not nil, says that another attempt follows: the run waits.
	Again *Again
}

// Again says when another attempt of a run may be taken.
type Again struct {
	ReadyAt time.Time
	// MaxWait is as in Policy, from ReadyAt on.
	MaxWait time.Duration
	// Resume says that it has to look for the attempt that has just ended, or for the
	// one that this one looked for.
	Resume bool
}

// Abandon ends a run that waits, be it for its first attempt or for another one. One
// that was to look for a lost attempt (run.Run.Resume) becomes Lost, run.ReasonUnknown,
// whatever is asked for: what it was to look for may go on.
type Abandon struct {
	RunID  string
	At     time.Time
	State  run.State
	Reason run.Reason
	Error  string
}

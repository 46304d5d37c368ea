package schedule

import "time"

// CatchUpMode says which of the firings that an outage kept from running are run
// after it.
type CatchUpMode string

// The modes.
const (
	CatchUpNone CatchUpMode = "none"
	CatchUpLast CatchUpMode = "last" // the latest of them
	CatchUpAll  CatchUpMode = "all"  // all of them, one after another
)

// CatchUp says what becomes of firings that an outage kept from running. A firing
// that is not caught up is missed, and says why.
type CatchUp struct {
	Mode CatchUpMode `json:"mode"`
	// Within is how long after its due time a firing is still worth it.
	Within time.Duration `json:"within"`
	// Limit is how many are caught up at most: the latest.
	Limit int `json:"limit"`
}

// OnLost says what follows an attempt whose end is not known.
type OnLost string

// The choices.
const (
	OnLostFail  OnLost = "fail"  // the run is lost
	OnLostRetry OnLost = "retry" // another attempt, as the retry policy has it
)

// RetryOn names an end of an attempt that another one follows.
type RetryOn string

// The ends.
const (
	RetryFailed   RetryOn = "failed"
	RetryTimedOut RetryOn = "timed_out"
	RetryLost     RetryOn = "lost" // the same as OnLostRetry
)

// Retry says which attempts are followed by another one, and when.
type Retry struct {
	// Attempts is how many there are at most, the first included.
	Attempts int `json:"attempts"`
	// Backoff is how long the second waits; each further one waits twice as long as
	// the one before, up to MaxBackoff.
	Backoff    time.Duration `json:"backoff"`
	MaxBackoff time.Duration `json:"max_backoff"`
	On         []RetryOn     `json:"on"`
}

// On says when a follow-up is done.
type On string

// The occasions.
const (
	OnSuccess  On = "success"  // a run succeeded
	OnFailure  On = "failure"  // a run failed, timed out or was lost
	OnEnd      On = "end"      // a run ended, however it did
	OnFailures On = "failures" // the After-th run in a row failed
	OnRecovery On = "recovery" // a run succeeded after After or more that failed
	OnMissed   On = "missed"   // firings were missed
)

// FollowUp is what is done when a run of a schedule has ended, or firings were
// missed: an action, or runs of other schedules.
type FollowUp struct {
	// Name is unique in the schedule: "on_success", "notify.ops.failures".
	Name string `json:"name"`
	On   On     `json:"on"`
	// After counts the failures of OnFailures and OnRecovery; 1 or more.
	After int `json:"after,omitempty"`
	// Start are the ids of the schedules that are run; none when there is an Action.
	Start  []string `json:"start,omitempty"`
	Action *Action  `json:"action,omitempty"`
}

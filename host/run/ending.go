package run

import (
	"encoding/json"
	"time"
)

// Status is what a plugin said at the end of a call.
type Status string

// The statuses. NoStatus means that the plugin said nothing.
const (
	NoStatus        Status = ""
	StatusSucceeded Status = "succeeded"
	StatusFailed    Status = "failed"
	StatusCancelled Status = "cancelled"
	StatusLost      Status = "lost"
)

// Cause is why the host ended the context of an attempt.
type Cause string

// The causes. NoCause means that the host let the attempt run.
const (
	NoCause           Cause = ""
	CauseTimeout      Cause = "timeout"
	CauseCancelled    Cause = "cancelled"
	CauseHostStopping Cause = "host_stopping"
	CauseLeaseLost    Cause = "lease_lost"
	CauseReplaced     Cause = "replaced"
	// CauseScheduleRemoved ends an attempt before anything was started.
	CauseScheduleRemoved Cause = "schedule_removed"
)

// Fault is what went wrong between host and plugin.
type Fault string

// The faults. With FaultArguments and FaultPluginDown nothing was started.
const (
	NoFault           Fault = ""
	FaultArguments    Fault = "arguments"
	FaultPluginDown   Fault = "plugin_down"
	FaultPluginDied   Fault = "plugin_died"
	FaultNoResult     Fault = "no_result"
	FaultUnresponsive Fault = "unresponsive"
)

// Hint is what a plugin said of another attempt.
type Hint string

// The hints.
const (
	NoHint    Hint = ""      // the schedule's policy decides
	HintNever Hint = "never" // none can help
	HintAfter Hint = "after" // not before Ending.RetryAfter has passed
)

// Ending is all that is known when an attempt's call is over.
type Ending struct {
	Status  Status
	Cause   Cause
	Fault   Fault
	Summary string
	Error   string
	Result  json.RawMessage
	// Hint, and with HintAfter the RetryAfter, are the plugin's word on another
	// attempt.
	Hint       Hint
	RetryAfter time.Duration
}

// Settle says how an attempt with this ending ended. What the plugin knows
// comes first: an action that succeeded just as its timeout passed has
// succeeded. An end that nobody knows is Lost and never guessed.
func (e Ending) Settle() (State, Reason) {
	switch e.Status {
	case StatusSucceeded:
		return Succeeded, None
	case StatusLost:
		return Lost, ReasonUnknown
	case StatusFailed, StatusCancelled:
		return e.settleCaused()
	}
	return e.settleFault()
}

// settleCaused tells a failure of the action's own from one that the host
// brought about by ending its context.
func (e Ending) settleCaused() (State, Reason) {
	switch e.Cause {
	case CauseTimeout:
		return TimedOut, ReasonTimeout
	case CauseCancelled:
		return Cancelled, ReasonCancelled
	case CauseHostStopping:
		return Cancelled, ReasonHostStopping
	case CauseLeaseLost:
		return Cancelled, ReasonLeaseLost
	case CauseReplaced:
		return Cancelled, ReasonReplaced
	case CauseScheduleRemoved:
		return Cancelled, ReasonScheduleRemoved
	}
	return Failed, ReasonAction
}

func (e Ending) settleFault() (State, Reason) {
	switch e.Fault {
	case FaultArguments:
		return Failed, ReasonArguments
	case FaultPluginDown:
		return Failed, ReasonPluginDown
	case FaultPluginDied:
		return Lost, ReasonPluginDied
	case FaultUnresponsive:
		return Lost, ReasonUnresponsive
	}
	return Lost, ReasonNoResult
}

package run

// Reason says why a firing did not run, or why a run or an attempt ended as it
// did. The list is closed.
type Reason string

// None is the reason of what needs none: a firing that ran, a run that
// succeeded.
const None Reason = ""

// Reasons why a firing did not run.
const (
	ReasonOverlap  Reason = "overlap"         // skipped: a run of the schedule was open
	ReasonStopped  Reason = "stopped"         // skipped: the schedule was stopped, changed or removed as the firing came due
	ReasonHostDown Reason = "host_down"       // missed: no host was running
	ReasonLate     Reason = "late"            // missed: found longer than the host's late limit after it was due
	ReasonNoHost   Reason = "no_host"         // missed, or cancelled while waiting: no host that may and can run it was there in time
	ReasonHeld     Reason = "held"            // skipped: a hold was in force
	ReasonQueue    Reason = "queue_full"      // skipped: as many runs as may were waiting for the end of one
	ReasonTooOld   Reason = "catch_up_within" // missed: the outage ended longer after it was due than the schedule catches up
	ReasonTooMany  Reason = "catch_up_limit"  // missed: the schedule catches up later ones only
)

// Reasons why a run or an attempt ended.
const (
	ReasonAction          Reason = "action"           // failed: the action said so
	ReasonArguments       Reason = "arguments"        // failed: the arguments could not be decoded; nothing was started
	ReasonPluginDown      Reason = "plugin_down"      // failed: the plugin was not there; nothing was started
	ReasonTimeout         Reason = "timeout"          // timed_out: the attempt's timeout passed
	ReasonCancelled       Reason = "cancelled"        // cancelled: somebody asked for it
	ReasonHostStopping    Reason = "host_stopping"    // cancelled: the host was stopped and its grace was over
	ReasonNeverStarted    Reason = "never_started"    // cancelled: the host ended while the run was waiting
	ReasonUnknown         Reason = "unknown_end"      // lost: the action said it cannot tell
	ReasonPluginDied      Reason = "plugin_died"      // lost: the plugin's process ended during the call
	ReasonNoResult        Reason = "no_result"        // lost: the plugin ended the call without a result
	ReasonUnresponsive    Reason = "unresponsive"     // lost: the plugin did not answer within the grace after its context ended
	ReasonHostDied        Reason = "host_died"        // lost: the host ended during the attempt, or was cut off from the store
	ReasonLeaseLost       Reason = "lease_lost"       // cancelled: the host could not renew its lease in time and ended what it executed
	ReasonScheduleRemoved Reason = "schedule_removed" // cancelled: the schedule was removed while the run was waiting
	ReasonReplaced        Reason = "replaced"         // cancelled: a later firing replaced it
	ReasonWaitedTooLong   Reason = "waited_too_long"  // cancelled: the longest wait of its pool passed
)

var reasonTexts = map[Reason]string{
	ReasonOverlap:         "an earlier run of the schedule was still open",
	ReasonStopped:         "the schedule was stopped, changed or removed as the firing came due",
	ReasonHostDown:        "no host was running when it was due",
	ReasonLate:            "the host found it too late: it was suspended, overloaded, or its clock was set forward",
	ReasonAction:          "the action reported a failure",
	ReasonArguments:       "the arguments could not be decoded",
	ReasonPluginDown:      "the plugin was not available",
	ReasonTimeout:         "the timeout passed",
	ReasonCancelled:       "it was cancelled",
	ReasonHostStopping:    "the host was stopping",
	ReasonNeverStarted:    "the host ended while it was waiting; nothing was started",
	ReasonUnknown:         "the action cannot tell what became of it",
	ReasonPluginDied:      "the plugin's process ended during the call",
	ReasonNoResult:        "the plugin ended the call without a result",
	ReasonUnresponsive:    "the plugin did not answer when asked to stop",
	ReasonHostDied:        "the host ended during the attempt, or was cut off from the store",
	ReasonLeaseLost:       "the host could not renew its lease in time",
	ReasonNoHost:          "no host that may and can run it was there in time",
	ReasonScheduleRemoved: "its schedule was removed while it was waiting",
	ReasonHeld:            "a hold was in force",
	ReasonQueue:           "as many runs of the schedule as may were waiting already",
	ReasonTooOld:          "it was due longer ago than the schedule catches up",
	ReasonTooMany:         "the schedule catches up later firings only",
	ReasonReplaced:        "a later firing of the schedule replaced it",
	ReasonWaitedTooLong:   "it waited longer for a slot of its pool than the pool allows",
}

// Text is the reason in words for people; empty for None.
func (r Reason) Text() string { return reasonTexts[r] }

package qrssim

import (
	"slices"
	"strings"
)

// status is the TaskExecutionStatus of QRS.
type status int

const (
	statusNeverStarted status = iota
	statusTriggered
	statusStarted
	statusQueued
	statusAbortInitiated
	statusAborting
	statusAborted
	statusFinishedSuccess
	statusFinishedFail
	statusSkipped
	statusRetry
	statusError
	statusReset
	statusDistributionQueue
	statusDistributionRunning
)

func statusNames() []string {
	return []string{
		"NeverStarted", "Triggered", "Started", "Queued", "AbortInitiated", "Aborting", "Aborted", "FinishedSuccess",
		"FinishedFail", "Skipped", "Retry", "Error", "Reset", "DistributionQueue", "DistributionRunning",
	}
}

func (s status) String() string { return statusNames()[s] }

// EnumValue lets filters write a status by name.
func (status) EnumValue(name string) (int, bool) { return indexOf(statusNames(), name) }

// taskType is the TaskType of QRS.
type taskType int

const (
	reloadType taskType = iota
	externalProgramType
	userSyncType
	distributeType
	preloadType
)

// EnumValue lets filters write a type by name.
func (taskType) EnumValue(name string) (int, bool) {
	return indexOf([]string{"Reload", "ExternalProgram", "UserSync", "Distribute", "Preload"}, name)
}

// hasApp reports whether tasks of the type work on an app, and need a slot for it.
func (t taskType) hasApp() bool { return t != externalProgramType && t != userSyncType }

// seedTypes are the types as seeds write them.
func seedTypes() []string {
	return []string{"reload", "external_program", "user_sync", "distribute", "preload"}
}

func taskTypeNamed(name string) (taskType, bool) {
	i := slices.Index(seedTypes(), name)
	return taskType(i), i >= 0
}

// abortReason is why a session is aborted.
type abortReason int

const (
	abortUndefined abortReason = iota
	abortManual
	abortTimeout
)

// EnumValue lets filters write a reason by name.
func (abortReason) EnumValue(name string) (int, bool) {
	return indexOf([]string{"Undefined", "Manual", "Timeout", "DeletedTask"}, name)
}

func indexOf(names []string, name string) (int, bool) {
	i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
	return i, i >= 0
}

// Outcomes of a task in a seed.
const (
	outcomeSuccess = "success"
	outcomeFail    = "fail"
	outcomeError   = "error"
)

package qrs

import "strconv"

// Status is the state of an execution.
type Status int

// The states, by Qlik Sense's names for them.
const (
	NeverStarted Status = iota
	Triggered
	Started
	Queued
	AbortInitiated
	Aborting
	Aborted
	FinishedSuccess
	FinishedFail
	Skipped
	Retry
	Failed // Qlik Sense calls it Error
	Reset
	DistributionQueue
	DistributionRunning
)

// String is the name that Qlik Sense shows; a number for a state it does not have
// yet.
func (s Status) String() string {
	names := [...]string{
		"NeverStarted", "Triggered", "Started", "Queued", "AbortInitiated", "Aborting", "Aborted",
		"FinishedSuccess", "FinishedFail", "Skipped", "Retry", "Error", "Reset", "DistributionQueue", "DistributionRunning",
	}
	if s < 0 || int(s) >= len(names) {
		return "Status" + strconv.Itoa(int(s))
	}
	return names[s]
}

// Final reports whether nothing comes after the state. Of Skipped and Reset it is
// not known: a time of the end decides.
func (s Status) Final() bool {
	switch s {
	case Aborted, FinishedSuccess, FinishedFail, Failed:
		return true
	}
	return false
}

package run

import "time"

// Facts are what the arguments of an action may refer to as run: known only at
// an attempt.
type Facts struct {
	RunID        string
	ScheduleID   string
	ScheduleName string
	Trigger      Trigger
	Attempt      int       // counts from 1
	DueAt        time.Time // of a run without a firing: when it was asked for
	StartedAt    time.Time // of the attempt
	Parent       *Parent   // nil for a run that is no follow-up
}

// Parent is what the arguments of a follow-up may refer to as parent: the run whose
// end made it, or the firings that were missed.
type Parent struct {
	RunID        string // empty for missed firings
	ScheduleID   string
	ScheduleName string
	State        State // of missed firings: "missed"
	Reason       Reason
	Summary      string
	Error        string
	DueAt        time.Time // of missed firings: of the latest
	EndedAt      time.Time // zero for missed firings
	Failures     int       // in a row, this run included; before it, for a recovery
	Missed       int       // how many firings
}

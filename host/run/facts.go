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
}

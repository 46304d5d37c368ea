package config

import (
	"time"

	"butlerd/sdk/schema"
)

// Action is an action that a schedule may run, by the type in its block.
type Action struct {
	Plugin    string      // that offers it
	Arguments schema.Body // what its block may hold
}

// Facts are what arguments may refer to as run, known only at an attempt.
type Facts struct {
	RunID        string
	ScheduleID   string
	ScheduleName string
	Trigger      string
	Attempt      int       // from 1
	DueAt        time.Time // of a run without a firing: when it was asked for
	StartedAt    time.Time // of the attempt
}

package simulate

import (
	"time"

	"butlerd/host/schedule"
)

// Schedule is a schedule that is played.
type Schedule struct {
	ID       string
	Spec     *schedule.Spec
	Overlap  schedule.Overlap
	Queue    int    // QueueLimit of the definition
	Plugin   string // whose slots its runs need
	Pool     string // empty: none
	Priority int
	Takes    time.Duration // how long each of its runs takes
	Source   Source        // where Takes is from
}

// Source says where the duration of a schedule's runs is from.
type Source string

// The sources.
const (
	FromHistory  Source = "history"  // the median of past runs
	FromDeclared Source = "declared" // expected_duration
	FromDefault  Source = "default"  // nothing is known: DefaultTakes
)

// DefaultTakes is how long a run is taken to last when nothing is known of it.
const DefaultTakes = time.Minute

// Pool is a limit on what runs at a time.
type Pool struct {
	Slots   int
	MaxWait time.Duration // 0: runs wait for ever
}

// Input is what is played. From is not included, To is.
type Input struct {
	From, To  time.Time
	Schedules []Schedule
	Pools     map[string]Pool
	// Slots are those of the plugins; one that is not in it has no limit.
	Slots map[string]int
	// Zone is the one whose hours are reported; nil: UTC.
	Zone *time.Location
	// MaxFirings bounds the work; 0: DefaultMaxFirings. Beyond it the report ends early,
	// and says so.
	MaxFirings int64
}

// DefaultMaxFirings is about what a year of a thousand busy schedules has.
const DefaultMaxFirings = 100_000_000

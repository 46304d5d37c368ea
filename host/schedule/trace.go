package schedule

import "time"

// Trace says why a Spec has, or has not, an instant at a time. It comes from
// [Spec.Trace].
type Trace struct {
	At       time.Time `json:"at"`       // the time that was asked for, in UTC
	Local    string    `json:"local"`    // the same on the wall, with its offset: RFC 3339
	Timezone string    `json:"timezone"` // an IANA name
	// Fires says that At is an instant of the schedule.
	Fires bool `json:"fires"`
	// Matches are the cron lines and single instants that At comes from, before
	// bounds and calendars; none when there is no such.
	Matches []Match `json:"matches"`
	// Clock is the clock change that has a part in At.
	Clock *ClockChange `json:"clock_change,omitempty"`
	// Bound is the bound that keeps At from being an instant.
	Bound *Bound `json:"bound,omitempty"`
	// Calendars are all that were asked, in the order of the definition.
	Calendars []Verdict `json:"calendars,omitempty"`
	// Moves are the instants that the calendars moved: from At, or to At.
	Moves []Move `json:"moves,omitempty"`
	// Before and After are the nearest instants, when At is none.
	Before *time.Time `json:"before,omitempty"`
	After  *time.Time `json:"after,omitempty"`
	// Jitter is how many seconds the start is delayed at most, and Delay what it is
	// for one schedule, set by For when the instant fires.
	Jitter int64  `json:"jitter_seconds,omitempty"`
	Delay  *Delay `json:"delay,omitempty"`
}

// Delay is how much later than its instant a firing starts.
type Delay struct {
	Seconds  int64     `json:"seconds"`
	StartsAt time.Time `json:"starts_at"`
}

// Match is what an instant comes from: a cron line, or a single instant.
type Match struct {
	Cron string `json:"cron,omitempty"`
	At   string `json:"at,omitempty"`
}

// ClockRule is what a clock change does to an instant.
type ClockRule string

// The rules.
const (
	ClockGap    ClockRule = "gap"    // its time on the wall does not exist: it is the first instant after the gap
	ClockFirst  ClockRule = "first"  // its time on the wall comes twice, and this is the first
	ClockSecond ClockRule = "second" // and this is the second
)

// ClockChange is what a clock change does to an instant.
type ClockChange struct {
	Rule ClockRule `json:"rule"`
	Wall string    `json:"wall"` // the time of day that is meant, "02:30"
	// Shown is the time of day on the clock at the instant, "03:00".
	Shown string `json:"shown"`
	// Once says that the instant is the only one of those two that fires.
	Once bool `json:"once,omitempty"`
}

// Bound is a bound that a time lies outside of.
type Bound struct {
	Name string    `json:"name"` // starts_at or ends_at
	At   time.Time `json:"at"`
}

// Verdict is what a calendar says of a time.
type Verdict struct {
	Calendar string `json:"calendar"` // its name
	Exclude  bool   `json:"exclude"`  // whether the schedule excludes what is in it
	In       bool   `json:"in"`
	Allowed  bool   `json:"allowed"` // In or not, as Exclude has it
	// Reasons say what decided, such as `holiday "Juldagen" (SE)`.
	Reasons []string `json:"reasons"`
}

// Move is an instant that the calendars moved. To is nil when no day in reach is
// allowed.
type Move struct {
	From time.Time  `json:"from"`
	To   *time.Time `json:"to"`
}

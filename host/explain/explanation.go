package explain

import (
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
)

// Verdict says in one word what an instant is.
type Verdict string

// The verdicts. The first three are those of a settled firing.
const (
	Ran      Verdict = "ran"
	Skipped  Verdict = "skipped"
	Missed   Verdict = "missed"
	Expected Verdict = "expected" // it is yet to come
	Waiting  Verdict = "waiting"  // it is due and not settled yet
	Lacking  Verdict = "missing"  // it was due and should be settled: see butlerd verify
	Deleted  Verdict = "deleted"  // the retention has deleted what became of it
	NoFiring Verdict = "none"     // no firing is due then
)

// Explanation is all there is to say of one instant. Its members as JSON are part of
// the API.
type Explanation struct {
	ScheduleID   string    `json:"schedule_id"`
	ScheduleName string    `json:"schedule_name"`
	At           time.Time `json:"at"`    // in UTC
	Local        string    `json:"local"` // in the schedule's time zone
	Timezone     string    `json:"timezone"`
	Verdict      Verdict   `json:"verdict"`
	Summary      string    `json:"summary"` // a sentence
	Version      *Version  `json:"version"` // in force then; nil: none was
	// Timing is what says whether the schedule fires then: see package schedule.
	Timing *schedule.Trace `json:"timing"`
	Hold   *Hold           `json:"hold"`   // in force then
	Firing *Firing         `json:"firing"` // as it was settled
	// Open are the runs of the schedule that were open as the firing was settled.
	Open []Run `json:"open"`
	// Runs are the run of the firing; of an instant that is none, runs that were made
	// about then by other triggers.
	Runs []Run `json:"runs"`
	// Before and After are the nearest firings.
	Before *time.Time `json:"before"`
	After  *time.Time `json:"after"`
	// Sections are all of it in words.
	Sections []Section `json:"sections"`
}

// Section is a part of an explanation in words.
type Section struct {
	Title string   `json:"title"`
	Lines []string `json:"lines"`
}

// Version is the version of a schedule that was in force.
type Version struct {
	Number  int64      `json:"number"`
	Started bool       `json:"started"`
	By      string     `json:"by"` // who made it: a place in a file, or a caller
	Since   time.Time  `json:"since"`
	Until   *time.Time `json:"until"` // nil: it is in force
}

// Hold is a hold that keeps the firing from running.
type Hold struct {
	ID         string     `json:"id"`
	Reason     string     `json:"reason"`
	By         string     `json:"by"`
	Since      time.Time  `json:"since"`
	Until      *time.Time `json:"until"` // when it ended or ends; nil: that is not known
	ReleasedBy *string    `json:"released_by"`
}

// Firing is a settled firing.
type Firing struct {
	Outcome    run.Outcome `json:"outcome"`
	Reason     *string     `json:"reason"`
	ReasonText *string     `json:"reason_text"`
	Version    int64       `json:"version"`
	RunID      *string     `json:"run_id"`
	HoldID     *string     `json:"hold_id"`
	SettledAt  time.Time   `json:"settled_at"`
	LagSeconds float64     `json:"lag_seconds"` // from when it was due until it was settled
}

// Run is a run with its attempts and its place in a chain.
type Run struct {
	ID           string      `json:"id"`
	ScheduleID   string      `json:"schedule_id"`
	ScheduleName string      `json:"schedule_name"`
	Step         *string     `json:"step"`
	Trigger      run.Trigger `json:"trigger"`
	By           *string     `json:"by"`
	State        run.State   `json:"state"`
	Reason       *string     `json:"reason"`
	DueAt        time.Time   `json:"due_at"`
	CreatedAt    time.Time   `json:"created_at"`
	StartedAt    *time.Time  `json:"started_at"`
	EndedAt      *time.Time  `json:"ended_at"`
	ReadyAt      *time.Time  `json:"ready_at"`
	Pool         *string     `json:"pool"`
	Summary      string      `json:"summary"`
	Error        string      `json:"error"`
	Attempts     []Attempt   `json:"attempts"`
	Parent       *Link       `json:"parent"`   // the run whose end has made it
	Children     []Link      `json:"children"` // the runs that its end has made
}

// Attempt is one call of the plugin.
type Attempt struct {
	Number    int        `json:"number"`
	Host      string     `json:"host"` // its name, where that is known still
	State     run.State  `json:"state"`
	Reason    *string    `json:"reason"`
	StartedAt time.Time  `json:"started_at"`
	EndedAt   *time.Time `json:"ended_at"`
	Summary   string     `json:"summary"`
	Error     string     `json:"error"`
	Resumes   *int       `json:"resumes"` // the lost attempt that it looked for
}

// Link is another run of a chain.
type Link struct {
	RunID      string    `json:"run_id"`
	ScheduleID string    `json:"schedule_id"`
	Step       *string   `json:"step"`
	State      run.State `json:"state"`
}

// orNil is nil for the zero value.
func orNil[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

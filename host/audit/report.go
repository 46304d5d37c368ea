package audit

import (
	"time"

	"butlerd/host/run"
)

// Kind tells findings apart.
type Kind string

// The kinds of findings.
const (
	Missing     Kind = "missing"     // a firing that was owed was not settled
	Doubled     Kind = "doubled"     // a firing has several runs, or its settlement and its run do not agree
	Unexplained Kind = "unexplained" // what is settled is not owed, or cannot have come about
	Edited      Kind = "edited"      // the record of the past was changed
)

// Kinds lists all kinds of findings.
func Kinds() []Kind { return []Kind{Missing, Doubled, Unexplained, Edited} }

// Finding is one thing that is off.
type Finding struct {
	Kind       Kind       `json:"kind"`
	ScheduleID *string    `json:"schedule_id"` // nil: it is about a day's seal
	DueAt      *time.Time `json:"due_at"`      // nil: it is about no single firing
	Local      *string    `json:"local"`       // the same in the schedule's time zone
	Version    *int64     `json:"version"`     // of the schedule; nil: none owed it
	Day        *string    `json:"day"`         // of a seal
	Text       string     `json:"text"`        // a sentence
}

// Report is what came of a verification. Its members as JSON are part of the API.
type Report struct {
	// OK says that nothing is off.
	OK bool `json:"ok"`
	// From and To bound what was checked: instants due at From or later, and before
	// To. Nil: there was nothing to check.
	From *time.Time `json:"from"`
	To   *time.Time `json:"to"`
	// KeptSince is the instant since when settlements are kept: what was before was
	// deleted as the retention says, and is not checked. Nil: all are kept.
	KeptSince *time.Time `json:"kept_since"`
	// SettledUntil is how far the hosts had settled what was due.
	SettledUntil *time.Time `json:"settled_until"`
	Schedules    int64      `json:"schedules"` // that owed or settled something
	Owed         int64      `json:"owed"`      // instants
	Settled      int64      `json:"settled"`   // firings, due in that interval
	Runs         int64      `json:"runs"`      // that these have made
	// Pending are owed instants that are not settled yet and need not be: their jitter,
	// the wait for a host or the late limit has not passed.
	Pending int64 `json:"pending"`
	// NotCompared are the versions with another table of holidays than this program has:
	// what they owed cannot be recomputed.
	NotCompared int64 `json:"not_compared"`

	Outcomes map[run.Outcome]int64 `json:"outcomes"`
	Reasons  map[run.Reason]int64  `json:"reasons"` // of firings that did not run
	Seals    SealReport            `json:"seals"`
	// Found counts the findings, of which Findings are the first.
	Found    int64          `json:"found"`
	Kinds    map[Kind]int64 `json:"kinds"`
	Findings []Finding      `json:"findings"`
}

// SealReport is what there is to say of the seals.
type SealReport struct {
	Count    int64   `json:"count"`   // of seals, whose chain was checked
	Checked  int64   `json:"checked"` // of those whose firings are all kept, and were compared
	FirstDay *string `json:"first_day"`
	LastDay  *string `json:"last_day"`
	LastHash *string `json:"last_hash"` // kept elsewhere, it proves all that was before
}

// newReport has every count, at zero.
func newReport() *Report {
	r := &Report{
		Outcomes: map[run.Outcome]int64{run.Ran: 0, run.Skipped: 0, run.Missed: 0},
		Reasons:  map[run.Reason]int64{},
		Kinds:    map[Kind]int64{},
		Findings: []Finding{},
	}
	for _, k := range Kinds() {
		r.Kinds[k] = 0
	}
	return r
}

// file adds a finding; beyond the limit it is only counted.
func (r *Report) file(f Finding, limit int) {
	r.Found++
	r.Kinds[f.Kind]++
	if len(r.Findings) < limit {
		r.Findings = append(r.Findings, f)
	}
}

// count adds a settled firing.
func (r *Report) count(f run.Firing) {
	r.Settled++
	r.Outcomes[f.Outcome]++
	if f.Outcome != run.Ran {
		r.Reasons[f.Reason]++
	}
}

func utcOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

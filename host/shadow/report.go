package shadow

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Report says whether the schedules would have started what was started.
type Report struct {
	Parity bool `json:"parity"`
	// Why says what speaks against parity; empty when there is parity.
	Why []string `json:"why"`
	// From and To bound what was observed, without the gaps; null: nothing was.
	From             *time.Time `json:"from"`
	To               *time.Time `json:"to"`
	Gaps             []Gap      `json:"gaps"`
	ToleranceSeconds float64    `json:"tolerance_seconds"`
	// ClockBehindSeconds is by how much the clock of Qlik Sense is behind this host's at
	// least, when half of all starts seem to come early; 0: they do not.
	ClockBehindSeconds float64          `json:"clock_behind_seconds"`
	Schedules          []ScheduleReport `json:"schedules"`
	Extra              []TaskReport     `json:"extra"`
	NotCompared        []Left           `json:"not_compared"`
}

// ScheduleReport is what became of the instants of a schedule; of one that starts
// several tasks each counts once for each of them.
type ScheduleReport struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Cron     string   `json:"cron"`
	Timezone string   `json:"timezone"`
	Tasks    []string `json:"tasks"`

	Expected int `json:"expected"` // matched, missing and merged
	Matched  int `json:"matched"`
	Missing  int `json:"missing"`
	Merged   int `json:"merged"`
	Pending  int `json:"pending"`
	Unseen   int `json:"unseen"` // due in a gap

	LagP50Seconds *float64 `json:"lag_p50_seconds"`
	LagMaxSeconds *float64 `json:"lag_max_seconds"` // the one that is farthest from 0

	FirstMismatch *time.Time `json:"first_mismatch"` // when what is missing was due
	LastMismatch  *time.Time `json:"last_mismatch"`
	Explanation   string     `json:"explanation,omitempty"`
	NextDue       *time.Time `json:"next_due"` // after To, of one that was not due at all

	lags []time.Duration
}

// TaskReport are the starts of a task that no schedule asked for.
type TaskReport struct {
	TaskID   string    `json:"task_id"`
	TaskName string    `json:"task_name"`
	Starts   int       `json:"starts"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	// Regular says that they look like those of a schedule.
	Regular bool `json:"regular"`
	// Allowed says that they do not count.
	Allowed bool `json:"allowed"`

	times []time.Time
}

// Question is what Judge is asked.
type Question struct {
	Plan      Plan
	Tolerance time.Duration
	// AllowExtra are tasks whose regular extra starts are known to be another's: a
	// trigger of Qlik Sense, a chain. They do not count against parity.
	AllowExtra []string
	// Zones are tried first when a time zone seems wrong.
	Zones []string
}

// Judge makes the report of all that was observed.
func Judge(h *History, q Question) *Report {
	r := &Report{Why: []string{}, Gaps: append([]Gap{}, h.Gaps...), ToleranceSeconds: q.Tolerance.Seconds(),
		Schedules: []ScheduleReport{}, Extra: []TaskReport{}, NotCompared: append([]Left{}, q.Plan.Left...)}
	in := Input{Schedules: q.Plan.Schedules, Starts: h.sorted(func(Start) bool { return true }), Covered: h.Covered, Tolerance: q.Tolerance}
	since, until := h.bounds()
	if until.After(since) {
		r.From, r.To = &since, &until
		r.count(in, q, Compare(in, since, until))
	}
	r.verdict()
	return r
}

// count sorts the findings by schedule and task.
func (r *Report) count(in Input, q Question, found []Finding) {
	byID := map[string]*ScheduleReport{}
	for _, s := range in.Schedules {
		byID[s.ID] = newScheduleReport(s)
	}
	extra := map[string]*TaskReport{}
	for _, f := range found {
		if f.State == Extra {
			addExtra(extra, f)
			continue
		}
		byID[f.ScheduleID].add(f)
	}
	for _, id := range slices.Sorted(maps.Keys(extra)) {
		t := extra[id]
		t.Regular = regular(t.times, q.Tolerance)
		t.Allowed = slices.Contains(q.AllowExtra, id)
		r.Extra = append(r.Extra, *t)
	}
	r.ClockBehindSeconds = behind(found).Seconds()
	e := newExplainer(in, found, q.Zones)
	for _, s := range in.Schedules {
		sr := byID[s.ID]
		sr.finish(s, *r.To)
		sr.Explanation = e.explain(s, sr)
		r.Schedules = append(r.Schedules, *sr)
	}
}

// behind is how early half of the matches are at least; nothing starts early but by
// another clock.
func behind(found []Finding) time.Duration {
	var lags []time.Duration
	for _, f := range found {
		if f.State == Matched {
			lags = append(lags, f.lag)
		}
	}
	if len(lags) == 0 {
		return 0
	}
	slices.Sort(lags)
	return max(0, -lags[len(lags)/2])
}

func newScheduleReport(s Schedule) *ScheduleReport {
	return &ScheduleReport{ID: s.ID, Name: s.Name, Cron: s.Timing.Cron, Timezone: s.Timing.Timezone, Tasks: s.Tasks}
}

func (s *ScheduleReport) add(f Finding) {
	switch f.State {
	case Matched:
		s.Matched++
		s.lags = append(s.lags, f.lag)
	case Merged:
		s.Merged++
	case Pending:
		s.Pending++
	case Unseen:
		s.Unseen++
	case Missing:
		s.Missing++
		s.FirstMismatch = cmp.Or(s.FirstMismatch, f.DueAt)
		s.LastMismatch = f.DueAt
	}
}

func (s *ScheduleReport) finish(of Schedule, until time.Time) {
	s.Expected = s.Matched + s.Missing + s.Merged
	if s.Expected == 0 {
		if next := of.Spec.Next(until); !next.IsZero() {
			s.NextDue = &next
		}
	}
	if len(s.lags) == 0 {
		return
	}
	slices.Sort(s.lags)
	median, largest := s.lags[(len(s.lags)-1)/2].Seconds(), s.lags[len(s.lags)-1].Seconds()
	if first := s.lags[0].Seconds(); -first > largest {
		largest = first
	}
	s.LagP50Seconds, s.LagMaxSeconds = &median, &largest
}

func addExtra(extra map[string]*TaskReport, f Finding) {
	t := extra[f.TaskID]
	if t == nil {
		t = &TaskReport{TaskID: f.TaskID, First: *f.StartedAt}
		extra[f.TaskID] = t
	}
	t.TaskName = cmp.Or(f.TaskName, t.TaskName)
	t.Starts, t.Last = t.Starts+1, *f.StartedAt
	t.times = append(t.times, *f.StartedAt)
}

// verdict weighs what was found. Single starts that no schedule asked for are those of
// people, and happen everywhere; regular ones are those of a schedule that is missing
// here, unless somebody says whose they are.
func (r *Report) verdict() {
	expected := 0
	for _, s := range r.Schedules {
		expected += s.Expected
		if s.Missing > 0 {
			r.Why = append(r.Why, fmt.Sprintf("schedule %q: %d of %d starts are missing", s.ID, s.Missing, s.Expected))
		}
		if s.Missing == 0 && s.Explanation != "" {
			r.Why = append(r.Why, fmt.Sprintf("schedule %q: %s", s.ID, s.Explanation))
		}
	}
	for _, t := range r.Extra {
		if t.Regular && !t.Allowed {
			r.Why = append(r.Why, fmt.Sprintf("task %s was started regularly without a schedule that asks for it; if that is a trigger of Qlik Sense or a chain, say so with -allow-extra %s", t.TaskID, t.TaskID))
		}
	}
	if expected == 0 {
		r.Why = append(r.Why, "nothing was due yet: there is nothing to compare")
	}
	r.Parity = len(r.Why) == 0
}

package shadow

import (
	"cmp"
	"slices"
	"time"

	"butlerd/host/schedule"
)

// State is what became of an instant, or of a start.
type State string

// The states. Unseen is an instant in a time of which nothing is known; it counts
// for nothing.
const (
	Matched State = "matched" // the task was started
	Missing State = "missing" // the schedule would have started the task, nobody did
	Merged  State = "merged"  // one execution was for two instants
	Extra   State = "extra"   // the task was started, and no schedule asked for it
	Pending State = "pending" // it is too early to tell
	Unseen  State = "unseen"
)

// Start is an execution of a task, as Qlik Sense tells of it.
type Start struct {
	ID       string     `json:"id"`
	TaskID   string     `json:"task_id"`
	TaskName string     `json:"task_name,omitempty"`
	At       time.Time  `json:"started_at"`
	EndedAt  *time.Time `json:"ended_at,omitempty"`
	Status   string     `json:"status,omitempty"`
}

// Finding is what became of one instant or start.
type Finding struct {
	State       State      `json:"state"`
	ScheduleID  string     `json:"schedule_id,omitempty"` // none of an extra start
	TaskID      string     `json:"task_id"`
	TaskName    string     `json:"task_name,omitempty"`
	DueAt       *time.Time `json:"due_at,omitempty"`
	StartedAt   *time.Time `json:"started_at,omitempty"`
	ExecutionID string     `json:"execution_id,omitempty"`
	LagSeconds  *float64   `json:"lag_seconds,omitempty"` // of a match; below 0 when the clocks differ
	Note        string     `json:"note,omitempty"`

	fireAt time.Time
	lag    time.Duration
}

// at is when it was to happen, or happened.
func (f Finding) at() time.Time {
	if f.DueAt == nil {
		return *f.StartedAt
	}
	return f.fireAt
}

// Input is what is compared.
type Input struct {
	Schedules []Schedule
	Starts    []Start
	// Covered is the time of which all starts are known.
	Covered   []Interval
	Tolerance time.Duration
}

// instant is one start that a schedule asks for.
type instant struct {
	schedule    string
	due, fireAt time.Time
}

// Compare tells what became of the instants and starts from one time up to another,
// in the order of time.
func Compare(in Input, from, to time.Time) []Finding {
	expected := in.expected(from.Add(-4*in.Tolerance), to.Add(4*in.Tolerance))
	started := map[string][]Start{}
	for _, s := range in.Starts {
		if _, ours := expected[s.TaskID]; ours {
			started[s.TaskID] = append(started[s.TaskID], s)
		}
	}
	var all []Finding
	for task, instants := range expected {
		slices.SortFunc(instants, func(a, b instant) int {
			return cmp.Or(a.fireAt.Compare(b.fireAt), cmp.Compare(a.schedule, b.schedule))
		})
		starts := started[task]
		slices.SortFunc(starts, func(a, b Start) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
		p := newPairing(in, task, instants, starts)
		all = append(all, p.findings()...)
	}
	all = slices.DeleteFunc(all, func(f Finding) bool { return f.at().Before(from) || !f.at().Before(to) })
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(a.at().Compare(b.at()), cmp.Compare(a.ScheduleID, b.ScheduleID), cmp.Compare(a.TaskID, b.TaskID), cmp.Compare(a.ExecutionID, b.ExecutionID))
	})
	return all
}

// expected are the instants by task; a task without any is in it too.
func (in Input) expected(from, to time.Time) map[string][]instant {
	byTask := map[string][]instant{}
	for _, s := range in.Schedules {
		list := instantsOf(s.Spec, s.ID, from, to)
		for _, task := range s.Tasks {
			byTask[task] = append(byTask[task], list...)
		}
	}
	return byTask
}

// instantsOf are those that fire from one time up to another.
func instantsOf(spec *schedule.Spec, id string, from, to time.Time) []instant {
	var list []instant
	for due := spec.Next(from.Add(-spec.Jitter() - time.Second)); !due.IsZero() && due.Before(to); due = spec.Next(due) {
		if fire := due.Add(spec.Delay(id, due)); !fire.Before(from) && fire.Before(to) {
			list = append(list, instant{schedule: id, due: due, fireAt: fire})
		}
	}
	return list
}

package shadow

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"butlerd/host/schedule"
)

// reloadAction is the action whose starts can be compared.
const reloadAction = "qlik-sense-reload"

// Names of the queries that are asked.
const (
	tasksQuery      = "qlik-sense-tasks"
	executionsQuery = "qlik-sense-executions"
)

// Asker answers queries, as host.Inquiry does.
type Asker interface {
	Query(ctx context.Context, query string, arguments, result any) error
}

// Schedule is one whose starts can be compared.
type Schedule struct {
	ID, Name string
	Timing   schedule.Timing
	Spec     *schedule.Spec
	// Tasks are the ids of the tasks it starts, in lower case.
	Tasks []string
	// Selector says how the tasks are found: "tag x"; empty: by their id.
	Selector string
}

// Left is a schedule that is not compared.
type Left struct {
	ID  string `json:"id"`
	Why string `json:"why"`
}

// Plan is what the configuration would start.
type Plan struct {
	Schedules []Schedule
	Left      []Left
}

// selection is which tasks a schedule starts.
type selection struct {
	TaskID         string          `json:"task_id,omitempty"`
	TaskName       string          `json:"task_name,omitempty"`
	Tag            string          `json:"tag,omitempty"`
	CustomProperty *customProperty `json:"custom_property,omitempty"`
}

type customProperty struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// NewPlan finds what can be compared of schedules. Which tasks have a tag or a custom
// property is told by find; it is asked once for each.
func NewPlan(all []schedule.Definition, find func(selection) ([]string, error)) Plan {
	plan := Plan{}
	for _, d := range all {
		s, why := newSchedule(d, find)
		if why != "" {
			plan.Left = append(plan.Left, Left{ID: d.ID, Why: why})
			continue
		}
		plan.Schedules = append(plan.Schedules, s)
	}
	return plan
}

// newSchedule is the schedule of a definition, or why it is not compared.
func newSchedule(d schedule.Definition, find func(selection) ([]string, error)) (s Schedule, why string) {
	if d.Startup == schedule.StartupStopped {
		return s, "its startup_state is stopped"
	}
	if d.Action.Type != reloadAction {
		return s, fmt.Sprintf("its action is %s, which starts nothing that Qlik Sense tells of", d.Action.Type)
	}
	spec, err := schedule.Compile(d.Timing())
	if err != nil {
		return s, "when it fires cannot be read: " + err.Error()
	}
	s = Schedule{ID: d.ID, Name: d.Name, Timing: d.Timing(), Spec: spec}
	if spec.Never() {
		return s, "it has no instants of its own"
	}
	var sel selection
	if err := json.Unmarshal(d.Action.Arguments, &sel); err != nil {
		return s, "its arguments cannot be read"
	}
	if guid.MatchString(sel.TaskID) {
		s.Tasks = []string{strings.ToLower(sel.TaskID)}
		return s, ""
	}
	if s.Selector = sel.String(); s.Selector == "" {
		return s, "its task is chosen by name or at run time; only task_id, tag and custom_property can be looked up"
	}
	if s.Tasks, err = find(sel); err != nil {
		return s, err.Error()
	}
	if len(s.Tasks) == 0 {
		return s, "no task has the " + s.Selector
	}
	return s, ""
}

// String names a selection that can be looked up.
func (s selection) String() string {
	switch {
	case s.Tag != "":
		return fmt.Sprintf("tag %q", s.Tag)
	case s.CustomProperty != nil:
		return fmt.Sprintf("custom property %q = %q", s.CustomProperty.Name, s.CustomProperty.Value)
	}
	return ""
}

// tasks are the ids of those that the plan starts.
func (p Plan) tasks() map[string]bool {
	all := map[string]bool{}
	for _, s := range p.Schedules {
		for _, id := range s.Tasks {
			all[id] = true
		}
	}
	return all
}

package api

import (
	"encoding/json"

	"butlerd/host/store"
)

// v4Schedule is a schedule as Butler shows it. The members are in alphabetical
// order, as in the examples of Butler's documentation.
type v4Schedule struct {
	Created         string   `json:"created"`
	CronSchedule    string   `json:"cronSchedule"`
	ID              string   `json:"id"`
	LastKnownState  string   `json:"lastKnownState"`
	Name            string   `json:"name"`
	QlikSenseTaskID string   `json:"qlikSenseTaskId"`
	StartupState    string   `json:"startupState"`
	Tags            []string `json:"tags,omitzero"`
	Timezone        string   `json:"timezone"`
}

// v4Time is how Butler writes instants.
const v4Time = "2006-01-02T15:04:05.000Z"

func newV4Schedule(s store.Schedule) v4Schedule {
	view := v4Schedule{
		Created:         s.CreatedAt.UTC().Format(v4Time),
		CronSchedule:    s.Cron,
		ID:              s.ID,
		LastKnownState:  stateOf(s),
		Name:            s.Name,
		QlikSenseTaskID: taskID(s),
		StartupState:    string(s.Startup),
		Tags:            s.Tags,
		Timezone:        s.Timezone,
	}
	if s.Created != nil { // it was made in Butler
		view.Created = s.Created.UTC().Format(v4Time)
	}
	view.asSent(s.Extra)
	return view
}

// asSent puts back what a definition cannot say of a v4 body, see extraOf.
func (view *v4Schedule) asSent(extra map[string]json.RawMessage) {
	if _, ok := extra["tags"]; ok {
		view.Tags = []string{}
	}
	if word, ok := extra["startupState"]; ok {
		_ = json.Unmarshal(word, &view.StartupState) // written by extraOf
	}
}

// whole is a schedule with the members that have no meaning here. Butler shows
// them of single schedules, and leaves them out of the list of all.
func whole(s store.Schedule) any {
	view := newV4Schedule(s)
	if len(s.Extra) == 0 {
		return view
	}
	members := map[string]any{
		"created": view.Created, "cronSchedule": view.CronSchedule, "id": view.ID, "lastKnownState": view.LastKnownState,
		"name": view.Name, "qlikSenseTaskId": view.QlikSenseTaskID, "startupState": view.StartupState, "timezone": view.Timezone,
	}
	if view.Tags != nil {
		members["tags"] = view.Tags
	}
	for name, value := range s.Extra {
		members[name] = value
	}
	return members
}

func stateOf(s store.Schedule) string {
	if s.Started {
		return "started"
	}
	return "stopped"
}

// taskID is the task of a schedule that has one: an action of another kind has
// none, and one that is chosen by tag or name neither.
func taskID(s store.Schedule) string {
	var arguments struct {
		TaskID any `json:"task_id"`
	}
	if len(s.Action.Arguments) == 0 || json.Unmarshal(s.Action.Arguments, &arguments) != nil {
		return ""
	}
	id, _ := arguments.TaskID.(string)
	return id
}

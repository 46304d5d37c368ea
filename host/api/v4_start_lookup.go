package api

import (
	"context"
	"encoding/json"
	"strings"

	"butlerd/host/taskfilter"
)

// tasksQuery is the query that finds tasks, see package reload of the plugin.
const tasksQuery = "qlik-sense-tasks"

// named is a task or an app in a plugin's answer.
type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (n named) task() task { return task{TaskID: n.ID, TaskName: n.Name} }

// tasksAsked are the arguments of tasksQuery.
type tasksAsked struct {
	TaskIDs    []string         `json:"task_ids"`
	Tags       []string         `json:"tags"`
	Properties []deniedProperty `json:"custom_properties"`
}

// tasksFound is its answer.
type tasksFound struct {
	ByID  []named `json:"by_id"`
	ByTag []struct {
		Tasks []named `json:"tasks"`
	} `json:"by_tag"`
	ByProperty []struct {
		Tasks []named `json:"tasks"`
	} `json:"by_custom_property"`
}

// lookUp finds in Qlik Sense what a body asks for, as far as the filter lets it pass.
func (v v4) lookUp(ctx context.Context, b startBody, filter taskfilter.Filter) (*startOrder, error) {
	o := &startOrder{view: newStartView()}
	ask := o.admit(b, filter)
	var found tasksFound
	if len(ask.TaskIDs)+len(ask.Tags)+len(ask.Properties) > 0 {
		if err := v.query(ctx, tasksQuery, ask, &found); err != nil {
			return nil, err
		}
	}
	o.sortIDs(b.ids, filter, found.ByID)
	var byTag, byProperty []named
	for _, tag := range found.ByTag {
		byTag = append(byTag, tag.Tasks...)
	}
	for _, property := range found.ByProperty {
		byProperty = append(byProperty, property.Tasks...)
	}
	o.byTag, o.byProperty = tasksOnce(byTag), tasksOnce(byProperty)
	return o, nil
}

func tasksOnce(found []named) []task {
	var list []task
	for _, t := range once(found, func(t named) string { return strings.ToLower(t.ID) }) {
		list = append(list, t.task())
	}
	return list
}

// sortIDs tells the ids that can be started from those that are of no task and those
// that the filter denies, each once, in the order of the request.
func (o *startOrder) sortIDs(asked []*string, filter taskfilter.Filter, found []named) {
	tasks := map[string]named{}
	for _, t := range found {
		tasks[strings.ToLower(t.ID)] = t
	}
	ids := &o.view.TasksID
	for _, id := range once(asked, idKey) {
		switch {
		case id == nil || !guid.MatchString(*id):
			ids.Invalid = append(ids.Invalid, idOnly{id})
		case !filter.Task(*id):
			ids.Denied = append(ids.Denied, idOnly{id})
		default:
			if t, there := tasks[strings.ToLower(*id)]; there {
				o.byID = append(o.byID, t.task())
			} else {
				ids.Invalid = append(ids.Invalid, idOnly{id})
			}
		}
	}
}

// idKey is equal for ids that are the same.
func idKey(id *string) string {
	if id == nil {
		return ""
	}
	return "=" + strings.ToLower(*id)
}

// admit sorts out what need not be looked for: ids that are none, and what the
// filter denies.
func (o *startOrder) admit(b startBody, filter taskfilter.Filter) tasksAsked {
	ask := tasksAsked{TaskIDs: []string{}, Tags: []string{}, Properties: []deniedProperty{}}
	for _, id := range b.ids {
		if id != nil && guid.MatchString(*id) && filter.Task(*id) {
			ask.TaskIDs = append(ask.TaskIDs, *id)
		}
	}
	for _, tag := range b.tags {
		if filter.Tag(tag) {
			ask.Tags = append(ask.Tags, tag)
		} else {
			o.view.TasksTagDenied = append(o.view.TasksTagDenied, deniedTag{tag})
		}
	}
	for _, p := range b.properties {
		if filter.Property(p.Name, p.Value) {
			ask.Properties = append(ask.Properties, deniedProperty(p))
		} else {
			o.view.TasksCPDenied = append(o.view.TasksCPDenied, deniedProperty(p))
		}
	}
	ask.TaskIDs = once(ask.TaskIDs, strings.ToLower)
	ask.Tags = once(ask.Tags, func(tag string) string { return tag })
	ask.Properties = once(ask.Properties, func(p deniedProperty) deniedProperty { return p })
	return ask
}

// query asks a plugin, and reads its answer.
func (v v4) query(ctx context.Context, action string, ask, answer any) error {
	arguments, err := json.Marshal(ask)
	if err != nil {
		return err
	}
	data, err := v.opts.Work.Query(ctx, action, arguments)
	if err != nil {
		return workFault(err, action)
	}
	if err := json.Unmarshal(data, answer); err != nil {
		return pluginFault("the answer of the query " + action + " cannot be read")
	}
	return nil
}

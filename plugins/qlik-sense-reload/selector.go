package reload

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

// maxTasks is how many tasks one run starts. More is most likely the wrong tag.
const maxTasks = 500

// selectTasks finds the tasks that the arguments mean, in the order of their
// names. None at all is an error, and one that a retry does not cure.
func (a *Arguments) selectTasks(ctx context.Context, client *qrs.Client) ([]qrs.Task, error) {
	filter, what := a.filter()
	tasks, err := client.Tasks(ctx, filter)
	if err != nil {
		return nil, err
	}
	tasks = a.pick(tasks)
	switch {
	case len(tasks) == 0:
		return nil, failure{hopeless, fmt.Errorf("no task in Qlik Sense has %s, or the user may not see it", what)}
	case len(tasks) > 1 && a.TaskName != "":
		return nil, failure{hopeless, fmt.Errorf("%d tasks in Qlik Sense have %s; use task_id with one of %s", len(tasks), what, ids(tasks))}
	case len(tasks) > maxTasks:
		return nil, failure{hopeless, fmt.Errorf("%d tasks in Qlik Sense have %s; at most %d are started at once", len(tasks), what, maxTasks)}
	}
	return tasks, nil
}

// filter is the selector for Qlik Sense and for people.
func (a *Arguments) filter() (filter qrs.Filter, what string) {
	switch {
	case a.TaskID != "":
		return qrs.ID("id", uuid.MustParse(a.TaskID)), "the id " + a.TaskID
	case a.TaskName != "":
		return qrs.Text("name", a.TaskName), fmt.Sprintf("the name %q", a.TaskName)
	case a.Tag != "":
		return qrs.Text("tags.name", a.Tag), fmt.Sprintf("the tag %q", a.Tag)
	}
	p := a.CustomProperty
	return qrs.Text("customProperties.definition.name", p.Name).And(qrs.Text("customProperties.value", p.Value)),
		fmt.Sprintf("the value %q of the custom property %q", p.Value, p.Name)
}

// pick takes what is really meant of what Qlik Sense has found: it matches name
// and value of custom properties independently, and ignores case.
func (a *Arguments) pick(tasks []qrs.Task) []qrs.Task {
	if a.CustomProperty != nil {
		tasks = slices.DeleteFunc(tasks, func(t qrs.Task) bool { return !a.CustomProperty.of(t) })
	}
	exact := func(t qrs.Task) bool { return t.Name == a.TaskName }
	if a.TaskName != "" && slices.ContainsFunc(tasks, exact) {
		tasks = slices.DeleteFunc(tasks, func(t qrs.Task) bool { return !exact(t) })
	}
	sortTasks(tasks)
	return slices.CompactFunc(tasks, func(a, b qrs.Task) bool { return a.ID == b.ID })
}

// sortTasks orders tasks by their names.
func sortTasks(tasks []qrs.Task) {
	slices.SortFunc(tasks, func(a, b qrs.Task) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), slices.Compare(a.ID[:], b.ID[:]))
	})
}

// of reports whether a task has the value of the very property.
func (p *CustomProperty) of(t qrs.Task) bool {
	return slices.ContainsFunc(t.Properties, func(v qrs.PropertyValue) bool {
		return strings.EqualFold(v.Definition.Name, p.Name) && strings.EqualFold(v.Value, p.Value)
	})
}

// ids lists the first few.
func ids(tasks []qrs.Task) string {
	const few = 10
	var list []string
	for _, t := range tasks[:min(len(tasks), few)] {
		list = append(list, t.ID.String())
	}
	if len(tasks) > few {
		list = append(list, "…")
	}
	return strings.Join(list, ", ")
}

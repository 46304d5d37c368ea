package reload

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrs"
	"butlerd/sdk"
)

// Bounds of what one query may ask for.
const (
	maxAskedIDs  = 500
	maxAskedTags = 100 // and custom properties: each is a request of its own
)

// TasksArguments are those of the query qlik-sense-tasks. The same may be asked for
// several times.
type TasksArguments struct {
	TaskIDs          []string         `hcl:"task_ids,optional" doc:"ids of tasks, GUIDs in upper or lower case; at most 500"`
	Tags             []string         `hcl:"tags,optional" doc:"names of tags, in any case; at most 100"`
	CustomProperties []CustomProperty `hcl:"custom_properties,block" doc:"values of custom properties, in any case; at most 100"`
}

// Validate tells all that is wrong, each at its argument.
func (a *TasksArguments) Validate() error {
	errs := []error{
		sdk.At(atMost(len(a.TaskIDs), maxAskedIDs), "task_ids"),
		sdk.At(atMost(len(a.Tags), maxAskedTags), "tags"),
		sdk.At(atMost(len(a.CustomProperties), maxAskedTags), "custom_properties"),
	}
	if err := errors.Join(errs...); err != nil {
		return err // a fault for each of too many would help nobody
	}
	for i, id := range a.TaskIDs {
		if !isGUID(id) {
			errs = append(errs, sdk.At(errGUID, "task_ids", i))
		}
	}
	for i, tag := range a.Tags {
		errs = append(errs, sdk.At(checkTag(tag), "tags", i))
	}
	for i := range a.CustomProperties {
		errs = append(errs, sdk.At(a.CustomProperties[i].check(), "custom_properties", i))
	}
	return errors.Join(errs...)
}

func atMost(n, limit int) error {
	if n > limit {
		return fmt.Errorf("has %d, at most %d can be asked for at once", n, limit)
	}
	return nil
}

func checkTag(tag string) error {
	if tag == "" {
		return errors.New("must not be empty")
	}
	return checkName(tag, maxTag)
}

// TaskList is the answer of the query qlik-sense-tasks.
type TaskList struct {
	ByID             []Named         `json:"by_id" doc:"the tasks that are there of those asked for by id, each once, in the order asked for"`
	ByTag            []TagTasks      `json:"by_tag" doc:"one for each tag asked for, in that order"`
	ByCustomProperty []PropertyTasks `json:"by_custom_property" doc:"one for each custom property asked for, in that order"`
}

// TagTasks are the tasks that have a tag.
type TagTasks struct {
	Tag   string  `json:"tag" doc:"the tag as it was asked for"`
	Tasks []Named `json:"tasks" doc:"the tasks, by name and id; none when no task has it, or there is no such tag"`
}

// PropertyTasks are the tasks that have a value of a custom property.
type PropertyTasks struct {
	Name  string  `json:"name" doc:"name of the custom property as it was asked for"`
	Value string  `json:"value" doc:"the value as it was asked for"`
	Tasks []Named `json:"tasks" doc:"the tasks, by name and id"`
}

// findTasks is the query.
func (p *plugin) findTasks(ctx context.Context, args TasksArguments) (TaskList, error) {
	s := search{client: p.client.Load(), found: map[selector][]Named{}}
	return s.tasks(ctx, args)
}

// namedTasks are tasks in the order of their names. One without a name, which Qlik
// Sense should not have, gets its id for one: people have to see something.
func namedTasks(tasks []qrs.Task) ([]Named, error) {
	sortTasks(tasks)
	list := []Named{}
	for _, t := range tasks {
		if t.ID == uuid.Nil {
			return nil, errNoID
		}
		list = append(list, Named{ID: t.ID.String(), Name: cmp.Or(t.Name, t.ID.String())})
	}
	return slices.Compact(list), nil
}

var errNoID = errors.New("reading tasks: Qlik Sense told of a task without an id")

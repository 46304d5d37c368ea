package reload

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

// search looks for the tasks that one query asks for.
type search struct {
	client *qrs.Client

	mu    sync.Mutex
	found map[selector][]Named
}

// selector is what one request asks for: a tag, or a custom property.
type selector struct{ tag, name, value string }

// arguments mean the same tasks as a run's would.
func (s selector) arguments() Arguments {
	if s.tag != "" {
		return Arguments{Tag: s.tag}
	}
	return Arguments{CustomProperty: &CustomProperty{Name: s.name, Value: s.value}}
}

// tasks makes the answer.
func (s *search) tasks(ctx context.Context, args TasksArguments) (TaskList, error) {
	list := TaskList{ByID: []Named{}, ByTag: []TagTasks{}, ByCustomProperty: []PropertyTasks{}}
	ids := distinct(args.TaskIDs)
	byID := map[uuid.UUID]Named{}
	work := s.work(args, ids, byID)
	err := each(ctx, len(work), func(ctx context.Context, i int) error { return work[i](ctx) })
	if err != nil {
		return TaskList{}, refusal(err)
	}
	for _, id := range ids {
		if task, ok := byID[id]; ok {
			list.ByID = append(list.ByID, task)
		}
	}
	for _, tag := range args.Tags {
		list.ByTag = append(list.ByTag, TagTasks{Tag: tag, Tasks: s.found[selector{tag: tag}]})
	}
	for _, p := range args.CustomProperties {
		tasks := s.found[selector{name: p.Name, value: p.Value}]
		list.ByCustomProperty = append(list.ByCustomProperty, PropertyTasks{Name: p.Name, Value: p.Value, Tasks: tasks})
	}
	return list, nil
}

// work are the requests to be made: a few for the ids, and one for each tag and
// each custom property, however often it is asked for.
func (s *search) work(args TasksArguments, ids []uuid.UUID, byID map[uuid.UUID]Named) (work []func(context.Context) error) {
	for some := range slices.Chunk(ids, qrs.MaxIDs) {
		work = append(work, func(ctx context.Context) error { return s.byID(ctx, some, byID) })
	}
	for _, what := range selectors(args) {
		work = append(work, func(ctx context.Context) error { return s.bySelector(ctx, what) })
	}
	return work
}

func selectors(args TasksArguments) (list []selector) {
	seen := map[selector]bool{}
	add := func(what selector) {
		if !seen[what] {
			seen[what] = true
			list = append(list, what)
		}
	}
	for _, tag := range args.Tags {
		add(selector{tag: tag})
	}
	for _, p := range args.CustomProperties {
		add(selector{name: p.Name, value: p.Value})
	}
	return list
}

func (s *search) byID(ctx context.Context, ids []uuid.UUID, into map[uuid.UUID]Named) error {
	tasks, err := s.client.Tasks(ctx, qrs.AnyID("id", ids))
	if err != nil {
		return err
	}
	named, err := namedTasks(tasks)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, task := range named {
		into[uuid.MustParse(task.ID)] = task
	}
	return nil
}

func (s *search) bySelector(ctx context.Context, what selector) error {
	args := what.arguments()
	filter, _ := args.filter()
	tasks, err := s.client.Tasks(ctx, filter)
	if err != nil {
		return err
	}
	named, err := namedTasks(args.pick(tasks))
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found[what] = named
	return nil
}

// distinct are the ids in the order they are asked for first. Validate has seen
// them.
func distinct(texts []string) (ids []uuid.UUID) {
	seen := map[uuid.UUID]bool{}
	for _, text := range texts {
		id := uuid.MustParse(strings.ToLower(text))
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/store"
)

func (v v4) startRoutes(app *fiber.App) {
	on := v.on("senseStartTask")
	for _, path := range []string{"/v4/reloadtask/:taskId/start", "/v4/reloadtask//start"} {
		app.Put(path, on, v.startTasks)
		app.Post(path, on, v.startTasks)
	}
}

// startTasks starts reload tasks: each is a run, and the answer comes when Qlik
// Sense has taken their starts, or refused them.
//
// The values that the body holds are kept once it is known which tasks are there,
// and before the first one starts: what starts may read them.
func (v v4) startTasks(c *fiber.Ctx) error {
	allMustExist, err := queryTruth(c, "allTaskIdsMustExist")
	if err != nil {
		return err
	}
	body, err := startBodyOf(c)
	if err != nil {
		return err
	}
	if len(body.pairs) > 0 && v.settings().Disabled["keyValueStore"] {
		return invalid("the key-value store is disabled, so nothing was started: leave keyvaluestore out of the body")
	}
	ctx, cancel := v.work()
	defer cancel()
	order, err := v.lookUp(ctx, body, v.settings().StartTasks)
	if err != nil {
		return err
	}
	if allMustExist && len(order.view.TasksID.Invalid) > 0 {
		order.denyIDs()
	}
	if len(body.pairs) > 0 {
		now, list := v.now(), make([]store.KeyValue, len(body.pairs))
		for i, p := range body.pairs {
			list[i] = p.keyValue(now)
		}
		if err := v.putPairs(ctx, list); err != nil {
			return err
		}
	}
	tasks := order.tasks()
	starts := v.startAll(ctx, tasks)
	note := func(err error) {
		v.opts.Log.Error("start failed", "request", idOf(c), "method", c.Method(), "path", c.Path(), "err", err)
	}
	if err := starts.fault(tasks, note); err != nil {
		return err
	}
	return reply(c, http.StatusOK, order.answer(starts))
}

// queryTruth is a parameter that is true or false; false when it is not there.
func queryTruth(c *fiber.Ctx, name string) (bool, error) {
	values := c.Context().QueryArgs().PeekMulti(name)
	if len(values) == 0 {
		return false, nil
	}
	if text := string(values[0]); len(values) == 1 && (text == "true" || text == "false") {
		return text == "true", nil
	}
	return false, validationFault("querystring/" + name + " must be boolean")
}

// task is a task of Qlik Sense, as Butler's answers name it.
type task struct {
	TaskID   string `json:"taskId"`
	TaskName string `json:"taskName"`
}

// idOnly is an id that is of no task, or of one that is not started.
type idOnly struct {
	TaskID *string `json:"taskId,omitempty"` // nil when the body held none
}

// startView is Butler's answer to a start. What is denied is not allowed by the
// start-task filter, or not started because an id is wrong and all must exist, or
// because Qlik Sense executes it already or has it disabled.
type startView struct {
	TasksID struct {
		Started []task   `json:"started"`
		Invalid []idOnly `json:"invalid"`
		Denied  []idOnly `json:"denied"`
	} `json:"tasksId"`
	TasksTag       []task `json:"tasksTag"`
	TasksTagDenied []any  `json:"tasksTagDenied"` // deniedTag, or a task
	TasksCP        []task `json:"tasksCP"`
	TasksCPDenied  []any  `json:"tasksCPDenied"` // deniedProperty, or a task
}

type deniedTag struct {
	Tag string `json:"tag"`
}

type deniedProperty struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func newStartView() startView {
	v := startView{TasksTag: []task{}, TasksTagDenied: []any{}, TasksCP: []task{}, TasksCPDenied: []any{}}
	v.TasksID.Started, v.TasksID.Invalid, v.TasksID.Denied = []task{}, []idOnly{}, []idOnly{}
	return v
}

// startOrder is what is to be started, and what was found before.
type startOrder struct {
	view                    startView
	byID, byTag, byProperty []task // each once in each
}

// denyIDs leaves the tasks out that are asked for by id.
func (o *startOrder) denyIDs() {
	for _, t := range o.byID {
		o.view.TasksID.Denied = append(o.view.TasksID.Denied, idOnly{&t.TaskID})
	}
	o.byID = nil
}

// tasks are all that are to be started, each once.
func (o *startOrder) tasks() []task {
	return once(slices.Concat(o.byID, o.byTag, o.byProperty), func(t task) string { return strings.ToLower(t.TaskID) })
}

// once is a list without what has the key of something before it.
func once[T any, K comparable](list []T, key func(T) K) []T {
	seen := map[K]bool{}
	return slices.DeleteFunc(list, func(x T) bool {
		k := key(x)
		again := seen[k]
		seen[k] = true
		return again
	})
}

// answer says of each task whether it was started.
func (o *startOrder) answer(s starts) startView {
	v := o.view
	for _, t := range o.byID {
		if s[t.TaskID].taken {
			v.TasksID.Started = append(v.TasksID.Started, t)
		} else {
			v.TasksID.Denied = append(v.TasksID.Denied, idOnly{&t.TaskID})
		}
	}
	v.TasksTag, v.TasksTagDenied = s.split(o.byTag, v.TasksTagDenied)
	v.TasksCP, v.TasksCPDenied = s.split(o.byProperty, v.TasksCPDenied)
	return v
}

// split tells the tasks that were started from the others, which are appended to
// denied.
func (s starts) split(list []task, denied []any) ([]task, []any) {
	started := []task{}
	for _, t := range list {
		if s[t.TaskID].taken {
			started = append(started, t)
		} else {
			denied = append(denied, t)
		}
	}
	return started, denied
}

package qrssim

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// maxMany bounds how many tasks one request starts or stops.
const maxMany = 10_000

func taskRoutes() []route {
	const base = "/qrs/task/"
	return []route{
		{http.MethodPost, base + idPart + "/start", byID(startAsync)},
		{http.MethodPost, base + idPart + "/start/synchronous", byID(startSync)},
		{http.MethodPost, base + "start", byName(startAsync)},
		{http.MethodPost, base + "start/synchronous", byName(startSync)},
		{http.MethodPost, base + "start/many", many(startAsync)},
		{http.MethodPost, base + idPart + "/stop", byID(stop)},
		{http.MethodPost, base + "stop/many", many(stop)},
		{http.MethodPost, "/qrs/app/" + idPart + "/reload", reloadApp},
	}
}

// startAsync starts a task; the client is not told whether it takes effect.
func startAsync(s *site, c *call, t *task) answer {
	s.startTask(t, c.user, c.fault)
	return noContent()
}

// startSync starts a task and answers with the id of its session.
func startSync(s *site, c *call, t *task) answer {
	return wrapped(http.StatusCreated, s.startTask(t, c.user, c.fault))
}

func stop(s *site, _ *call, t *task) answer {
	s.stopTask(t)
	return noContent()
}

// byID is for the task whose id is in the path.
func byID(do func(*site, *call, *task) answer) endpoint {
	return func(s *site, c *call) answer {
		t, ok := s.taskByID[c.ids[0]]
		if !ok {
			return noItem()
		}
		return do(s, c, t)
	}
}

// byName is for the task with the name in the query, the first if there are
// several. An unknown name is refused with the name as a JSON text.
func byName(do func(*site, *call, *task) answer) endpoint {
	return func(s *site, c *call) answer {
		name := c.query.Get("name")
		if name == "" {
			return missingValue()
		}
		tasks := s.taskByName[strings.ToLower(name)]
		if len(tasks) == 0 {
			return answer{status: http.StatusBadRequest, value: name}
		}
		return do(s, c, tasks[0])
	}
}

// many is for tasks whose ids are the body, all of them or, if one is unknown,
// none.
func many(do func(*site, *call, *task) answer) endpoint {
	return func(s *site, c *call) answer {
		var ids []uuid.UUID
		if err := json.Unmarshal(c.body, &ids); err != nil || len(ids) > maxMany {
			return refused(http.StatusBadRequest, "Expected a list of ids")
		}
		tasks := lookUp(s.taskByID, ids)
		if len(tasks) < len(ids) {
			return noItem()
		}
		for _, t := range tasks {
			do(s, c, t)
		}
		return noContent()
	}
}

// reloadApp starts the task that QRS makes for reloads by hand, one for each app.
func reloadApp(s *site, c *call) answer {
	a, ok := s.appByID[c.ids[0]]
	if !ok {
		return noItem()
	}
	id := nameID("manual", a.full.ID.String())
	if _, ok := s.taskByID[id]; !ok {
		s.addTask(&task{
			id:         id,
			name:       "Manually triggered reload of " + a.full.Name,
			app:        a,
			enabled:    true,
			timeout:    defaultTimeout * time.Minute,
			reload:     s.reload,
			outcome:    outcomeSuccess,
			manual:     true,
			tags:       []nameRow{},
			properties: []propertyValue{},
			createdAt:  s.now,
			modifiedAt: s.now,
			modifiedBy: c.user,
		})
	}
	return startAsync(s, c, s.taskByID[id])
}

package qrssim

import (
	"reflect"
	"slices"

	"github.com/google/uuid"
)

func (a appFull) condensed() any        { return a.appRow }
func (t tagFull) condensed() any        { return t.nameRow }
func (d definitionFull) condensed() any { return d.definitionRow }
func (t taskFull) condensed() any       { return t.taskRow }
func (x sessionFull) condensed() any    { return x.sessionRow }

func (r resultFull) condensed() any {
	r.Details = []detail{}
	return r.resultRow
}

// entities are the kinds of rows there are. Tasks of all types are also rows of
// the entity task, which has no endpoint for a single one.
func entities() []entity {
	reload, external, sync := reflect.TypeFor[reloadTask](), reflect.TypeFor[externalProgramTask](), reflect.TypeFor[userSyncTask]()
	list := []entity{
		{name: "task", rows: []reflect.Type{reload, external, sync}, candidates: tasksOf(nil)},
		// Distribute and preload tasks have no entity of their own.
		taskEntity("reloadtask", reload, reloadType, distributeType, preloadType),
		taskEntity("externalprogramtask", external, externalProgramType),
		taskEntity("usersynctask", sync, userSyncType),
	}
	return append(list,
		entity{name: "executionsession", rows: []reflect.Type{reflect.TypeFor[sessionFull]()}, candidates: sessionsOf, get: sessionOf},
		entity{name: "executionresult", rows: []reflect.Type{reflect.TypeFor[resultFull]()}, candidates: resultsOf, get: resultOf, tabular: true},
		entity{name: "app", rows: []reflect.Type{reflect.TypeFor[appFull]()}, candidates: appsOf, get: appOf, tabular: true},
		entity{name: "tag", rows: []reflect.Type{reflect.TypeFor[tagFull]()}, candidates: tagsOf, tabular: true},
		entity{name: "custompropertydefinition", rows: []reflect.Type{reflect.TypeFor[definitionFull]()}, candidates: definitionsOf, tabular: true},
	)
}

func taskEntity(name string, row reflect.Type, kinds ...taskType) entity {
	get := func(s *site, id uuid.UUID) (any, bool) {
		t, ok := s.taskByID[id]
		if !ok || !slices.Contains(kinds, t.kind) {
			return nil, false
		}
		return t.full(s.now), true
	}
	return entity{name: name, rows: []reflect.Type{row}, candidates: tasksOf(kinds), get: get, tabular: true}
}

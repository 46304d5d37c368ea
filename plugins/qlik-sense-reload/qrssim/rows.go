package qrssim

import (
	"slices"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrssim/internal/filter"
)

// tasksOf gives the tasks of some types, of all if there are none.
func tasksOf(kinds []taskType) func(*site, *filter.Filter) []any {
	return func(s *site, f *filter.Filter) []any {
		tasks := s.tasks
		if ids, ok := f.Keys("id"); ok {
			tasks = lookUp(s.taskByID, ids)
		}
		var rows []any
		for _, t := range tasks {
			if len(kinds) == 0 || slices.Contains(kinds, t.kind) {
				rows = append(rows, t.full(s.now))
			}
		}
		return rows
	}
}

func sessionsOf(s *site, f *filter.Filter) []any {
	var open []*session
	if ids, ok := f.Keys("id"); ok {
		open = lookUp(s.sessions, ids)
	} else if ids, ok := f.Keys("reloadTask.id"); ok {
		for _, t := range lookUp(s.taskByID, ids) {
			if t.session != nil {
				open = append(open, t.session)
			}
		}
	} else {
		open = s.open()
	}
	rows := make([]any, len(open))
	for i, x := range open {
		rows[i] = x.full(s.now)
	}
	return rows
}

func sessionOf(s *site, id uuid.UUID) (any, bool) {
	x, ok := s.sessions[id]
	if !ok {
		return nil, false
	}
	return x.full(s.now), true
}

func resultsOf(s *site, f *filter.Filter) []any {
	var rows []any
	for _, r := range s.history.candidates(f) {
		if r.shown(s.now) {
			rows = append(rows, r.full(s.now))
		}
	}
	return rows
}

// candidates are looked up where the filter is pinned to ids: a client that
// tracks executions asks for few of thousands.
func (h *history) candidates(f *filter.Filter) []*result {
	if ids, ok := f.Keys("id"); ok {
		return lookUp(h.byID, ids)
	}
	if ids, ok := f.Keys("executionID"); ok {
		return slices.Concat(lookUp(h.byExecution, ids)...)
	}
	if ids, ok := f.Keys("taskID"); ok {
		return slices.Concat(lookUp(h.byTask, ids)...)
	}
	return h.all()
}

func resultOf(s *site, id uuid.UUID) (any, bool) {
	r, ok := s.history.byID[id]
	if !ok || !r.shown(s.now) {
		return nil, false
	}
	return r.full(s.now), true
}

func appsOf(s *site, f *filter.Filter) []any {
	apps := s.apps
	if ids, ok := f.Keys("id"); ok {
		apps = lookUp(s.appByID, ids)
	}
	rows := make([]any, len(apps))
	for i, a := range apps {
		rows[i] = a.full
	}
	return rows
}

func appOf(s *site, id uuid.UUID) (any, bool) {
	a, ok := s.appByID[id]
	if !ok {
		return nil, false
	}
	return a.full, true
}

func tagsOf(s *site, _ *filter.Filter) []any { return rowsOf(s.tags) }

func definitionsOf(s *site, _ *filter.Filter) []any { return rowsOf(s.definitions) }

func rowsOf[R any](list []R) []any {
	rows := make([]any, len(list))
	for i, row := range list {
		rows[i] = row
	}
	return rows
}

// lookUp gives what an index has of ids.
func lookUp[V any](index map[uuid.UUID]V, ids []uuid.UUID) []V {
	var list []V
	for _, id := range ids {
		if v, ok := index[id]; ok {
			list = append(list, v)
		}
	}
	return list
}

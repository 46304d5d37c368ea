package qrssim

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// history is all results there are, by what they are looked up by. Those of
// sessions that are open are always kept, of the others the newest.
type history struct {
	limit       int // of results that have ended
	seq         uint64
	ended       []*result // in the order they ended
	byID        map[uuid.UUID]*result
	byTask      map[uuid.UUID][]*result // in the order they began
	byExecution map[uuid.UUID][]*result // in the order they began
	byFile      map[uuid.UUID]*result   // by the file of the script log
	byTicket    map[uuid.UUID]*result   // by what the script log is downloaded with
}

func newHistory(limit int) history {
	return history{
		limit:       limit,
		byID:        map[uuid.UUID]*result{},
		byTask:      map[uuid.UUID][]*result{},
		byExecution: map[uuid.UUID][]*result{},
		byFile:      map[uuid.UUID]*result{},
		byTicket:    map[uuid.UUID]*result{},
	}
}

func (h *history) add(r *result) {
	h.seq++
	r.seq = h.seq
	h.byID[r.id] = r
	h.byTask[r.task.id] = append(h.byTask[r.task.id], r)
	h.byExecution[r.execution] = append(h.byExecution[r.execution], r)
}

// addLog makes the script log of a result.
func (h *history) addLog(r *result, now time.Time) {
	r.file = uuid.New()
	r.logSize = int64(len(r.scriptLog(now)))
	h.byFile[r.file] = r
	h.byTicket[r.ticket()] = r
}

// retire counts a result as ended and drops the oldest beyond the limit.
func (h *history) retire(r *result) {
	h.ended = append(h.ended, r)
	for len(h.ended) > h.limit {
		h.drop(h.ended[0])
		h.ended = h.ended[1:]
	}
}

func (h *history) drop(r *result) {
	delete(h.byID, r.id)
	delete(h.byFile, r.file)
	delete(h.byTicket, r.ticket())
	dropFirst(h.byTask, r.task.id)
	dropFirst(h.byExecution, r.execution)
}

// dropFirst relies on attempts of a task ending in the order they began: what
// ended first of all is the first of its task and of its execution.
func dropFirst(index map[uuid.UUID][]*result, key uuid.UUID) {
	if len(index[key]) == 1 {
		delete(index, key)
		return
	}
	index[key] = index[key][1:]
}

// all is every result in the order they began.
func (h *history) all() []*result {
	list := make([]*result, 0, len(h.byID))
	for _, r := range h.byID {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b *result) int { return int(a.seq) - int(b.seq) })
	return list
}

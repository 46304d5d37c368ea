package qrssim

import (
	"container/heap"
	"time"
)

// unscheduled is the index of a session for which nothing is due.
const unscheduled = -1

// events is a heap of sessions by when their next event is due. Each session has
// at most one, so the heap is no larger than the number of open sessions.
type events []*session

// after makes next what happens to a session, in place of what was to happen.
func (s *site) after(x *session, d time.Duration, next func(*session)) {
	s.cancel(x)
	x.at, x.next = s.now.Add(max(d, 0)), next
	heap.Push(&s.events, x)
}

func (s *site) cancel(x *session) {
	if x.index != unscheduled {
		heap.Remove(&s.events, x.index)
	}
}

// advance carries out what is due by now, in order and each at its own time.
func (s *site) advance(now time.Time) {
	for len(s.events) > 0 && !s.events[0].at.After(now) {
		x, _ := heap.Pop(&s.events).(*session)
		s.now = x.at
		x.next(x)
	}
}

func (e events) Len() int { return len(e) }

func (e events) Less(i, j int) bool {
	if e[i].at.Equal(e[j].at) {
		return e[i].result.seq < e[j].result.seq
	}
	return e[i].at.Before(e[j].at)
}

func (e events) Swap(i, j int) {
	e[i], e[j] = e[j], e[i]
	e[i].index, e[j].index = i, j
}

// Push is for the heap.
func (e *events) Push(x any) {
	added, _ := x.(*session)
	added.index = len(*e)
	*e = append(*e, added)
}

// Pop is for the heap.
func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	(*e)[last] = nil
	*e = (*e)[:last]
	x.index = unscheduled
	return x
}

package schedule

import "time"

// entry is one schedule in an [Engine].
type entry struct {
	id   string
	spec *Spec
	// at is the next instant in Unix seconds. Outside the queue it is the one that
	// the next is to be counted from.
	at int64
	// fire is when at is to be handed out, or was.
	fire int64
	// over tells that there was no instant after at within the reach of Next: to find
	// that out each time would take a walk through years of its calendars.
	over bool
	// index is the place in the queue, or notQueued.
	index int
	// first is the earliest of the instants that were handed out in a batch, in Unix
	// seconds. It is of interest while that batch is the engine's.
	first int64
	batch uint64
}

// notQueued is the index of an entry that is being handled or that has no next
// instant.
const notQueued = -1

// next is the next instant that has not been handed out.
func (en *entry) next() (int64, bool) {
	switch {
	case en.over:
		return 0, false
	case en.index != notQueued:
		return en.at, true
	}
	return en.spec.next(en.at)
}

// goOn moves at on to now, as far as there is no instant in between. It is for an
// entry that is over: its calendars may name a day that was out of reach.
func (en *entry) goOn(now int64) {
	const reach = 4 * 365 * day // less than that of Next
	for en.at < now {
		if _, ok := en.spec.next(en.at); ok {
			return
		}
		en.at = min(en.at+reach, now)
	}
}

// moveTo makes an instant the next one. One whose delay ends before that of an
// earlier instant waits for that.
func (en *entry) moveTo(at int64) {
	en.at = at
	fire := at
	if jitter := en.spec.Jitter(); jitter > 0 {
		fire += int64(delay(en.id, time.Unix(at, 0), jitter) / time.Second)
	}
	en.fire = max(en.fire, fire)
}

// due is the next instant as Handle gets it.
func (en *entry) due() Due {
	at := time.Unix(en.at, 0).In(en.spec.loc)
	fire := at
	if en.fire != en.at {
		fire = time.Unix(en.fire, 0).In(en.spec.loc)
	}
	return Due{ID: en.id, At: at, FireAt: fire, Spec: en.spec}
}

// queue is a heap of entries, by the time they are handed out and then by id, for
// container/heap.
type queue []*entry

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	if q[i].fire != q[j].fire {
		return q[i].fire < q[j].fire
	}
	return q[i].id < q[j].id
}

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push adds an *entry at the end.
func (q *queue) Push(x any) {
	en := x.(*entry)
	en.index = len(*q)
	*q = append(*q, en)
}

// Pop takes the last *entry.
func (q *queue) Pop() any {
	last := len(*q) - 1
	en := (*q)[last]
	(*q)[last] = nil // or the array keeps it alive
	*q = (*q)[:last]
	en.index = notQueued
	return en
}

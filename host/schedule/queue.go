package schedule

// entry is one schedule in an [Engine].
type entry struct {
	id   string
	spec *Spec
	// at is the next instant in Unix seconds. Outside the queue it is the one that
	// the next is to be counted from.
	at int64
	// index is the place in the queue, or notQueued.
	index int
}

// notQueued is the index of an entry that is being handled or that has no next
// instant.
const notQueued = -1

// queue is a heap of entries, by instant and then by id, for container/heap.
type queue []*entry

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	if q[i].at != q[j].at {
		return q[i].at < q[j].at
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

package dispatch

import "butlerd/host/run"

// lane is the way of runs into one plugin: so many at a time, the others wait in
// the order they came.
type lane struct {
	crew    *crew
	slots   int
	running int // slots taken, be it by attempts about to start
	waiting queue
}

// free says whether a run may start now. Without a plugin there is nothing to
// wait for: the run fails at once.
func (l *lane) free() bool { return l.crew.executor == nil || l.running < l.slots }

// crew is an executor with the attempts it executes. Its members but the
// executor are guarded by the dispatcher's mutex.
type crew struct {
	executor Executor // nil when there is no such plugin
	busy     int
	retired  bool
	drained  chan struct{} // closed when it is retired and not busy
}

func newCrew(x Executor) *crew { return &crew{executor: x, drained: make(chan struct{})} }

func (c *crew) join() { c.busy++ }

func (c *crew) leave() {
	c.busy--
	c.checkDrained()
}

func (c *crew) retire() {
	c.retired = true
	c.checkDrained()
}

func (c *crew) checkDrained() {
	if c.retired && c.busy == 0 {
		close(c.drained)
	}
}

// pending is a run that has to be executed.
type pending struct {
	run run.Run
	job Job
}

// lane finds or makes the lane of a plugin. The caller holds d.mu.
func (d *Dispatcher) lane(name string) *lane {
	l := d.lanes[name]
	if l == nil {
		l = &lane{crew: newCrew(nil)}
		d.lanes[name] = l
	}
	return l
}

// reserve takes a slot if one is free and nobody waits for it.
func (d *Dispatcher) reserve(plugin string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lane(plugin)
	if d.stopping || !l.free() || l.waiting.len() > 0 {
		return false
	}
	d.take(l)
	return true
}

// take takes a slot. What holds one is waited for by Stop. The caller holds d.mu
// and has seen that the dispatcher is not stopping.
func (d *Dispatcher) take(l *lane) {
	l.running++
	d.running.Add(1)
}

// release gives a slot back and lets the next run have it.
func (d *Dispatcher) release(plugin string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lane(plugin)
	l.running--
	d.running.Done()
	d.fill(l)
}

// enqueue lets a run wait for a slot, and starts it if there is one by now.
func (d *Dispatcher) enqueue(p pending) {
	d.mu.Lock()
	if d.stopping {
		d.mu.Unlock()
		d.giveUp(p)
		return
	}
	defer d.mu.Unlock()
	l := d.lane(p.job.Plugin)
	l.waiting.push(p)
	d.fill(l)
}

// fill starts waiting runs while slots are free. The caller holds d.mu.
func (d *Dispatcher) fill(l *lane) {
	for !d.stopping && l.free() {
		p, ok := l.waiting.pop()
		if !ok {
			return
		}
		d.take(l)
		go d.startWaiting(p)
	}
}

// takeWaiting empties all queues. The caller holds d.mu.
func (d *Dispatcher) takeWaiting() []pending {
	var all []pending
	for _, l := range d.lanes {
		for p, ok := l.waiting.pop(); ok; p, ok = l.waiting.pop() {
			all = append(all, p)
		}
	}
	return all
}

// queue is first in, first out; what is taken from the middle leaves a gap that
// pop steps over.
type queue struct {
	items []pending
	head  int            // of items: what is before it is gone
	gone  int            // how many were dropped from the front of items
	index map[string]int // run id -> how many were pushed before it
}

func (q *queue) len() int { return len(q.index) }

func (q *queue) push(p pending) {
	if q.index == nil {
		q.index = map[string]int{}
	}
	q.index[p.run.ID] = q.gone + len(q.items)
	q.items = append(q.items, p)
}

func (q *queue) pop() (pending, bool) {
	for q.head < len(q.items) {
		p := q.items[q.head]
		q.items[q.head] = pending{}
		q.head++
		if _, ok := q.index[p.run.ID]; ok {
			delete(q.index, p.run.ID)
			q.compact()
			return p, true
		}
	}
	q.gone += len(q.items)
	q.items, q.head = nil, 0
	return pending{}, false
}

// compact drops the front when it is the larger half: a queue that never runs
// empty would grow for ever.
func (q *queue) compact() {
	const worthwhile = 64
	if q.head < worthwhile || 2*q.head < len(q.items) {
		return
	}
	q.items = append([]pending(nil), q.items[q.head:]...)
	q.gone += q.head
	q.head = 0
}

// remove takes a run out of the queue.
func (q *queue) remove(runID string) (pending, bool) {
	place, ok := q.index[runID]
	if !ok {
		return pending{}, false
	}
	delete(q.index, runID)
	i := place - q.gone
	p := q.items[i]
	q.items[i] = pending{}
	return p, true
}

package schedule

import (
	"container/heap"
	"time"
)

const (
	// maxBatch is the number of instants that Handle gets at most in one call.
	maxBatch = 10_000
	// maxSleep is how long the loop sleeps at most. A Go timer sees neither steps
	// of the wall clock nor, on some systems, the time a machine was suspended, so
	// this is how late the engine is after one.
	maxSleep = 30 * time.Second
)

// Start begins to hand out instants, and first those that passed while the
// engine was stopped. It does nothing if the engine is started.
func (e *Engine) Start() {
	e.lifecycle.Lock()
	defer e.lifecycle.Unlock()
	if e.stop != nil {
		return
	}
	e.hold(false)
	e.stop, e.done = make(chan struct{}), make(chan struct{})
	go e.loop(e.stop, e.done)
}

// Halt ends the handing out without waiting. What Handle was given by then stays
// open: it may return from that with nothing done. Stop comes after it.
func (e *Engine) Halt() { e.hold(true) }

func (e *Engine) hold(halted bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.halted = halted
}

// Stop ends the handing out and waits for the Handle call that is running. The
// schedules stay, and Start goes on where Stop left off. It does nothing if the
// engine is stopped.
func (e *Engine) Stop() {
	e.lifecycle.Lock()
	defer e.lifecycle.Unlock()
	if e.stop == nil {
		return
	}
	close(e.stop)
	<-e.done
	e.stop, e.done = nil, nil
}

// loop is the engine's goroutine.
func (e *Engine) loop(stop <-chan struct{}, done chan<- struct{}) {
	defer close(done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-stop:
			return
		case <-e.wake:
		case <-timer.C:
		}
		timer.Reset(e.tick())
	}
}

// tick handles what is due and returns how long to sleep.
func (e *Engine) tick() time.Duration {
	due, fired := e.take(e.now().Unix())
	if len(due) > 0 {
		e.handle(due)
		e.settle(fired)
	}
	return e.sleep()
}

// take hands out what is due by now. Entries that are on time leave the queue
// and are returned as fired: finding their next instant can wait until they are
// handled. Late ones may be due again at once, so they move on here, and those with
// jitter too: a later instant may have waited for this one.
func (e *Engine) take(now int64) (due []Due, fired []*entry) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lookAgain(now)
	for !e.halted && len(e.queue) > 0 && e.queue[0].fire <= now && len(due) < maxBatch {
		en := e.queue[0]
		if en.batch != e.batch {
			en.first, en.batch = en.at, e.batch
		}
		due = append(due, en.due())
		if en.fire < now || en.spec.Jitter() > 0 {
			e.advance(en)
			continue
		}
		heap.Pop(&e.queue)
		fired = append(fired, en)
	}
	return due, fired
}

// lookAgain queues, once a day by a clock that may leap, the schedules that were over
// and have an instant within reach by now. The caller holds the lock.
func (e *Engine) lookAgain(now int64) {
	if e.looked <= now && now < e.looked+day {
		return
	}
	e.looked = now
	for _, en := range e.entries {
		if en.over {
			en.over = false
			en.goOn(now)
			e.enqueue(en)
		}
	}
}

// advance moves a queued entry to its next instant. The next one is counted
// from the last, not from now, so that none is left out after a step forward
// and none comes again after a step back. The caller holds the lock.
func (e *Engine) advance(en *entry) {
	next, ok := en.spec.next(en.at)
	if !ok {
		heap.Remove(&e.queue, en.index)
		en.over = true
		return
	}
	en.moveTo(next)
	heap.Fix(&e.queue, en.index)
}

// settle queues again what was handled, unless it was removed or replaced
// meanwhile. It is not open any more, unless the engine was halted.
func (e *Engine) settle(fired []*entry) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, en := range fired {
		if e.entries[en.id] == en {
			e.enqueue(en)
		}
	}
	if !e.halted {
		e.batch++
	}
}

// sleep returns the time until the first instant by the wall clock: an instant
// from [time.Unix] has no monotonic reading, so Sub uses none.
func (e *Engine) sleep() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.halted || len(e.queue) == 0 {
		return maxSleep
	}
	return min(time.Unix(e.queue[0].fire, 0).Sub(e.now()), maxSleep)
}

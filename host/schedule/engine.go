package schedule

import (
	"container/heap"
	"sync"
	"time"
)

// Due is one instant of one schedule that has come.
type Due struct {
	// ID is the schedule's id as given to [Engine.Set].
	ID string
	// At is the nominal instant, in the schedule's time zone.
	At time.Time
	// FireAt is when it was to be handed out: At, or so much later as the jitter of
	// the Spec has it, and not before the instants of the schedule that precede it.
	FireAt time.Time
	// Spec is what the instant was found with. The schedule may have got another
	// one meanwhile.
	Spec *Spec
}

// Options are what an [Engine] needs.
type Options struct {
	// Handle gets all that is due, by FireAt and then by id, but not more than
	// 10,000 at a time; the rest follows in the next call at once. It is called
	// from the engine's goroutine, one call at a time, so the engine is late by as
	// long as Handle takes. It may keep the slice and call Set, Remove, Next and
	// Len, but not Start or Stop. Required.
	Handle func(due []Due)
	// Now is the clock; nil: that of the machine.
	Now func() time.Time
}

// Engine hands out the instants of many schedules as they come, each of them
// once. Instants that pass while it sleeps, is stopped, or handles others, or
// when the clock is set forward, are handed out late and none is left out. When
// the clock is set back, what was handed out is not handed out again.
//
// All methods are safe for concurrent use.
type Engine struct {
	handle func([]Due)
	// now is the clock on the wall.
	now func() time.Time
	// wake has one place: it says that the first of the queue has changed.
	wake chan struct{}

	mu      sync.Mutex
	entries map[string]*entry
	queue   queue
	// batch counts the batches that Handle is done with. What is handed out as part
	// of the present one is open.
	batch  uint64
	halted bool // nothing is handed out, and the batch stays the present one
	// looked is when it was last seen, in Unix seconds, whether schedules that were over
	// have an instant by now.
	looked int64

	// lifecycle guards stop and done, which are nil while the engine is stopped.
	lifecycle  sync.Mutex
	stop, done chan struct{}
}

// NewEngine returns an engine that is stopped and has no schedules.
func NewEngine(o Options) *Engine {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Engine{
		handle:  o.Handle,
		now:     o.Now,
		wake:    make(chan struct{}, 1),
		entries: make(map[string]*entry),
		batch:   1,
	}
}

// Set adds a schedule, or replaces the one with the same id. Its first instant
// is s.Next(after). If that has passed it is due at once, with those that
// follow it until now. A schedule whose timing and zone stay the same keeps its
// next instant, and after has no effect.
//
// With jitter, what was due before after may not have been handed out yet when an
// earlier engine ended. So that nothing is lost, take s.Jitter() from after: what
// comes twice is settled by the claim. Of a schedule that is replaced or removed,
// what has come and is delayed still is not handed out any more: whoever changes a
// schedule settles what was due under its version until then.
func (e *Engine) Set(id string, s *Spec, after time.Time) {
	if s.more != nil {
		s.next(after.Unix()) // which s remembers: calendars may take long, and others wait for the lock
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if old := e.entries[id]; old != nil {
		if old.spec.same(s) {
			return
		}
		e.drop(old)
	}
	en := &entry{id: id, spec: s, at: after.Unix(), fire: minInstant, index: notQueued}
	e.entries[id] = en
	e.enqueue(en)
	if en.index == 0 {
		e.poke()
	}
}

// Remove takes a schedule out. An id that is not there is ignored. An instant
// of it may still be in the Handle call that is running.
func (e *Engine) Remove(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if en := e.entries[id]; en != nil {
		e.drop(en)
	}
}

// Next returns the next instant of a schedule that has not been given to Handle
// yet, in the schedule's time zone. It returns false if there is no such
// schedule, or no instant before the year 10000.
func (e *Engine) Next(id string) (time.Time, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	en := e.entries[id]
	if en == nil {
		return time.Time{}, false
	}
	at, ok := en.next()
	if !ok {
		return time.Time{}, false
	}
	return time.Unix(at, 0).In(en.spec.loc), true
}

// Open returns the first instant of a schedule that Handle may not be done with:
// one of those that it was given and has not returned from, or else Next.
func (e *Engine) Open(id string) (time.Time, bool) {
	e.mu.Lock()
	if en := e.entries[id]; en != nil && en.batch == e.batch {
		defer e.mu.Unlock()
		return time.Unix(en.first, 0).In(en.spec.loc), true
	}
	e.mu.Unlock()
	return e.Next(id)
}

// Len returns the number of schedules.
func (e *Engine) Len() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.entries)
}

// enqueue puts an entry that is not queued at its next instant after at. The
// caller holds the lock.
func (e *Engine) enqueue(en *entry) {
	if next, ok := en.next(); ok {
		en.moveTo(next)
		heap.Push(&e.queue, en)
		return
	}
	en.over = true
}

// drop forgets an entry. The caller holds the lock.
func (e *Engine) drop(en *entry) {
	delete(e.entries, en.id)
	if en.index != notQueued {
		heap.Remove(&e.queue, en.index)
	}
}

// poke wakes the loop. One waiting wake-up is as good as many.
func (e *Engine) poke() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

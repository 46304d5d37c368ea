package dispatch

import "butlerd/host/run"

// lane is the way of runs into one plugin: so many at a time, the others wait in
// the ledger, in the order in which they were due.
type lane struct {
	name    string // of the plugin
	crew    *crew
	slots   int
	running int  // slots taken, be it by attempts about to start
	hungry  bool // there may be runs waiting in the ledger
	taking  bool // one of them, or some, are being taken
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

// pending is a run that this host has to execute: its first attempt is in the
// ledger.
type pending struct {
	run    run.Run
	job    Job
	hostID string // that the attempt belongs to
	direct bool   // it takes no slot, see Perform
}

// lane finds or makes the lane of a plugin. The caller holds d.mu.
func (d *Dispatcher) lane(name string) *lane {
	l := d.lanes[name]
	if l == nil {
		l = &lane{name: name, crew: newCrew(nil)}
		d.lanes[name] = l
	}
	return l
}

// reserve takes a slot if one is free and no run waits for it.
func (d *Dispatcher) reserve(plugin string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lane(plugin)
	if d.stopping || !l.free() || l.hungry {
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

// release gives slots back and lets the next runs have them.
func (d *Dispatcher) release(plugin string, slots int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lane(plugin)
	l.running -= slots
	d.running.Add(-slots)
	d.fill(l)
}

package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"butlerd/host/plugin"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// Claims is where firings and triggers become runs.
type Claims interface {
	Claim(ctx context.Context, c store.Claim) ([]store.Claimed, error)
	Trigger(ctx context.Context, t store.Trigger) (run.Run, bool, error)
	Start(ctx context.Context, s store.AttemptStart) (bool, error)
}

// Endings is where it is recorded how runs went.
type Endings interface {
	End(ctx context.Context, e store.AttemptEnd) (bool, error)
	Abandon(ctx context.Context, a store.Abandon) (bool, error)
	Log(ctx context.Context, entries []run.LogEntry) error
}

// Ledger is what a dispatcher needs of the store.
type Ledger interface {
	Claims
	Endings
}

// Executor executes attempts: a plugin.
type Executor interface {
	Execute(ctx context.Context, c plugin.Call, sink func(run.LogEntry)) run.Ending
}

// Job is what a schedule's runs execute.
type Job struct {
	Definition schedule.Definition
	Plugin     string
	// Bind makes the arguments of one attempt, a JSON object.
	Bind func(run.Facts) ([]byte, error)
}

// Observer hears of what was settled. It must not wait.
type Observer interface {
	// Firing hears of a settled firing and how long after its due time it was
	// claimed.
	Firing(f run.Firing, lag time.Duration)
	// Ended hears of a run that ended.
	Ended(r run.Run)
}

// Options are what New needs. All members are required.
type Options struct {
	HostID string
	Ledger Ledger
	// Jobs finds what a schedule in force executes.
	Jobs func(scheduleID string) (Job, bool)
	// LateLimit is how long after its due time a firing may still run. One that is
	// found later is recorded as missed.
	LateLimit time.Duration
	Observer  Observer
	Log       *slog.Logger
}

// ErrStopping is returned for what is asked of a dispatcher that is stopping.
var ErrStopping = errors.New("the host is stopping")

// Dispatcher claims firings and executes runs. Its methods are safe for
// concurrent use.
type Dispatcher struct {
	opts Options
	// asking ends when nothing is to be started any more, recording when even
	// endings are not waited for any longer.
	asking, recording         context.Context
	stopAsking, stopRecording context.CancelFunc

	hurried  sync.Once
	hurrying chan struct{} // closed when Stop is not to wait for open runs

	mu       sync.Mutex
	lanes    map[string]*lane
	open     map[string]*attempt // by run id: those being executed
	stopping bool
	ending   error          // why open runs were asked to end; nil before
	running  sync.WaitGroup // one for each slot taken
}

// New makes a dispatcher without plugins.
func New(o Options) *Dispatcher {
	d := &Dispatcher{opts: o, hurrying: make(chan struct{}), lanes: map[string]*lane{}, open: map[string]*attempt{}}
	d.asking, d.stopAsking = context.WithCancel(context.Background())
	d.recording, d.stopRecording = context.WithCancel(context.Background())
	return d
}

// SetPlugin makes a plugin known, or replaces the one of the same name: attempts
// from now on are executed by the new one, at most slots at a time. A nil
// executor takes the plugin away: its runs fail, and say so. The channel is
// closed when the replaced one executes nothing any more.
func (d *Dispatcher) SetPlugin(name string, x Executor, slots int) (drained <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lane(name)
	old := l.crew
	l.crew, l.slots = newCrew(x), slots
	old.retire()
	d.fill(l)
	return old.drained
}

// Running says how many attempts a plugin executes, and how many runs wait for
// one of its slots.
func (d *Dispatcher) Running(plugin string) (running, waiting int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lanes[plugin]
	if l == nil {
		return 0, 0
	}
	return l.running, l.waiting.len()
}

// recordGrace is how long a stopping dispatcher tries to record how runs ended
// in a store that cannot be written.
const recordGrace = 10 * time.Second

// Refuse ends what waits for the store to claim or start something. It comes
// before the engine is stopped, which waits for Fire.
func (d *Dispatcher) Refuse() { d.stopAsking() }

// Stop admits nothing from now on, gives open runs the grace to end, then asks
// them to end, and returns when all have ended. Waiting runs are abandoned. The
// engine must have been stopped before.
func (d *Dispatcher) Stop(grace time.Duration) {
	d.mu.Lock()
	d.stopping = true
	waiting := d.takeWaiting()
	d.mu.Unlock()
	d.stopAsking()
	for _, p := range waiting {
		d.giveUp(p)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.running.Wait()
	}()
	if !d.within(ended, grace) {
		d.cancelAll(plugin.Cause{Cause: run.CauseHostStopping})
	}
	timer := time.AfterFunc(grace+recordGrace, d.stopRecording)
	defer timer.Stop()
	<-ended
}

// Hurry makes Stop, be it under way or to come, ask open runs to end at once.
func (d *Dispatcher) Hurry() { d.hurried.Do(func() { close(d.hurrying) }) }

// within says whether done is closed before the limit has passed.
func (d *Dispatcher) within(done <-chan struct{}, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-d.hurrying:
	case <-timer.C:
	}
	return false
}

func (d *Dispatcher) cancelAll(cause error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ending = cause
	for _, a := range d.open {
		a.cancel(cause)
	}
}

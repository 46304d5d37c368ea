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
	Take(ctx context.Context, t store.Take) ([]run.Run, error)
}

// Endings is where it is recorded how runs went.
type Endings interface {
	End(ctx context.Context, e store.AttemptEnd) (bool, error)
	Abandon(ctx context.Context, a store.Abandon) (bool, error)
	Log(ctx context.Context, hostID string, entries []run.LogEntry) error
}

// Ledger is what a dispatcher needs of the store.
type Ledger interface {
	Claims
	Endings
	Run(ctx context.Context, id string) (run.Run, []run.Attempt, error)
	Runs(ctx context.Context, q store.RunQuery) (store.RunPage, error)
}

// Queue is where runs wait for their time.
type Queue interface {
	Expire(ctx context.Context, hostID string, at time.Time) ([]run.Run, error)
	NextAt(ctx context.Context, t time.Time) (time.Time, error)
	Checkpoint(ctx context.Context, c store.Checkpoint) (bool, error)
}

// Lease is the host's right to claim and to execute.
type Lease interface {
	// Held is the id that the host acts under now. It returns false while the host
	// holds no lease, or cannot be sure that it does.
	Held() (hostID string, ok bool)
	// Now is the clock that all hosts of the store go by.
	Now() time.Time
}

// Schedules are the schedules in force, as far as they are executed.
type Schedules interface {
	// Job finds what a schedule executes.
	Job(scheduleID string) (Job, bool)
	// Select lists the ids of the schedules in force that match.
	Select(match func(schedule.Definition) bool) []string
	// Foreign are the schedules that this host may not or cannot run, with the instant
	// since when that is so: what was due until then it has claimed, or others have.
	Foreign() map[string]time.Time
}

// Executor executes attempts: a plugin.
type Executor interface {
	Execute(ctx context.Context, c plugin.Call, sink func(run.LogEntry)) run.Ending
	// Resumes says whether an action can look for an attempt that was lost.
	Resumes(action string) bool
}

// Job is what a schedule's runs execute.
type Job struct {
	Definition schedule.Definition
	Version    int64
	Started    bool
	Plugin     string
	// Here says that this host may and can run it.
	Here bool
	// Bind makes the arguments of one attempt, a JSON object.
	Bind func(run.Facts) ([]byte, error)
	// Steps are the follow-ups that execute an action, by name.
	Steps map[string]Step
}

// Step is a follow-up that executes an action.
type Step struct {
	Action string
	Plugin string
	Bind   func(run.Facts) ([]byte, error)
}

// Pool is a limit on what runs at a time, across schedules.
type Pool struct {
	Slots   int
	MaxWait time.Duration // a run that waits longer is given up; 0: none is
}

// Observer hears of what was settled. It must not wait.
type Observer interface {
	// Firing hears of a settled firing and how long after its due time it was
	// claimed.
	Firing(f run.Firing, lag time.Duration)
	// Ended hears of a run that ended.
	Ended(r run.Run)
}

// Options are what New needs. Members are required where nothing else is said.
type Options struct {
	Lease  Lease
	Ledger Ledger
	// Queue is nil for a store that has none: then there are no further attempts.
	Queue Queue
	// Outbox is nil where no run is followed.
	Outbox Outbox
	// Holds is nil where there are none.
	Holds     Holds
	Schedules Schedules
	// Neighbours are asked about runs that other hosts execute; nil: there are none.
	Neighbours Neighbours
	// PluginOf names the plugin that offers an action; empty when none does. Nil: there
	// is none of which Perform is asked.
	PluginOf func(action string) string
	// Permit says why an action may not be executed that follows a run of Perform; it is
	// asked as each attempt starts. Nil: all may.
	Permit func(action string, arguments []byte) error
	// LateLimit is how long after its due time a firing may still run. One that is
	// found later is recorded as missed.
	LateLimit time.Duration
	Observer  Observer
	Log       *slog.Logger
}

// Neighbours are the other hosts of the store.
type Neighbours interface {
	// Order asks another host for something. The error wraps store.ErrNotFound when
	// none of them executes the run.
	Order(ctx context.Context, o store.Order) error
	// Executing returns what the ledger has a host execute.
	Executing(ctx context.Context, hostID string) ([]run.Run, error)
	// Hosts lists the hosts that hold a lease, this one included.
	Hosts(ctx context.Context) ([]store.Host, error)
	// Sync brings the schedules up to date with what others have changed.
	Sync(ctx context.Context) error
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
	// waiting ends when nobody waits for runs any more: all have ended here.
	waiting     context.Context
	stopWaiting context.CancelFunc

	outage outage
	// runsEnded has one place: there may be something for the follower.
	runsEnded chan struct{}
	alarm     alarm          // wakes the timekeeper
	chores    sync.WaitGroup // what is asked of others, waited for by Stop

	hurried  sync.Once
	hurrying chan struct{} // closed when Stop is not to wait for open runs

	// handing is held for reading from when a run is started in the ledger until it
	// is among those being executed.
	handing sync.RWMutex

	mu    sync.Mutex
	pools *poolSet
	lanes map[string]*lane
	open  map[string]*attempt // by run id: those being executed
	// unrecorded are runs whose end the store refuses: it has them open for ever.
	unrecorded map[string]bool
	// asked are runs whose end was asked for as they were being claimed or taken here.
	asked map[string]asked
	// unwanted are runs whose callers were told that they were not made, with the time.
	unwanted map[string]time.Time
	up       bool // waiting runs are taken: the schedules in force are known
	stopping bool
	draining bool
	missed   Missed             // to be told of
	ending   error              // why open runs were asked to end; nil before
	direct   int                // attempts without a slot that are not accepted yet
	waits    map[string][]*wait // by run id
	running  sync.WaitGroup     // one for each slot taken, and each attempt without one
}

// New makes a dispatcher without plugins. It takes no waiting runs before TakeUp.
func New(o Options) *Dispatcher {
	d := &Dispatcher{
		opts: o, hurrying: make(chan struct{}), alarm: alarm{poke: make(chan struct{}, 1)}, runsEnded: make(chan struct{}, 1), pools: &poolSet{},
		lanes: map[string]*lane{}, open: map[string]*attempt{}, asked: map[string]asked{}, unwanted: map[string]time.Time{}, waits: map[string][]*wait{},
	}
	if d.opts.PluginOf == nil {
		d.opts.PluginOf = func(string) string { return "" }
	}
	d.asking, d.stopAsking = context.WithCancel(context.Background())
	d.recording, d.stopRecording = context.WithCancel(context.Background())
	d.waiting, d.stopWaiting = context.WithCancel(context.Background())
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

// Running says how many of a plugin's slots are taken. What Perform has started takes
// none.
func (d *Dispatcher) Running(plugin string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l := d.lanes[plugin]; l != nil {
		return l.running
	}
	return 0
}

// Executing says how many attempts are being executed.
func (d *Dispatcher) Executing() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.open)
}

// recordGrace is how long a stopping dispatcher tries to record how runs ended
// in a store that cannot be written.
const recordGrace = 10 * time.Second

// Refuse ends what waits for the store to claim or start something. It comes
// before the engine is stopped, which waits for Fire.
func (d *Dispatcher) Refuse() { d.stopAsking() }

// Stop admits nothing from now on, gives open runs the grace to end, then asks
// them to end, and returns when all have ended. Waiting runs are left to other
// hosts, and whoever waits for one in Perform is set free. The engine must have been
// stopped before.
func (d *Dispatcher) Stop(grace time.Duration) {
	d.mu.Lock()
	d.stopping = true
	d.mu.Unlock()
	d.stopAsking()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.running.Wait()
	}()
	if !d.within(ended, grace) {
		d.mu.Lock()
		d.ending = plugin.Cause{Cause: run.CauseHostStopping}
		d.cancelAll(d.ending)
		d.mu.Unlock()
	}
	timer := time.AfterFunc(grace+recordGrace, d.stopRecording)
	defer timer.Stop()
	<-ended
	d.stopWaiting()
	d.chores.Wait()
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

// Fence asks all open runs to end, because the host has lost its lease: others
// will take its work over.
func (d *Dispatcher) Fence() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cancelAll(plugin.Cause{Cause: run.CauseLeaseLost})
}

// cancelAll asks all open runs to end. The caller holds d.mu.
func (d *Dispatcher) cancelAll(cause error) {
	for _, a := range d.open {
		a.cancel(cause)
	}
}

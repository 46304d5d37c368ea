package dispatch

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// SweepEvery is how often it is looked for firings that no host can run.
const SweepEvery = 5 * time.Second

// Sweeper settles the firings of schedules that this host may not or cannot run:
// when their wait has passed and no other host has claimed them, they are missed.
// Any number of hosts may do so; the claim lets one of them win.
type Sweeper struct {
	dispatcher *Dispatcher
	specs      *schedule.Cache
	wake       chan struct{}
	stop, done chan struct{}

	mu    sync.Mutex
	swept map[string]time.Time // by schedule: until when it is settled
}

// NewSweeper makes a sweeper that does not sweep yet.
func NewSweeper(d *Dispatcher, specs *schedule.Cache) *Sweeper {
	return &Sweeper{
		dispatcher: d, specs: specs, swept: map[string]time.Time{},
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
}

// Start begins to sweep. It is called once.
func (s *Sweeper) Start() { go s.run() }

// Stop ends the sweeping and waits for a sweep under way.
func (s *Sweeper) Stop() {
	close(s.stop)
	<-s.done
}

// Wake says that there may be schedules now that are not this host's to run. A
// sweeper that finds none sleeps until then.
func (s *Sweeper) Wake() {
	select {
	case s.wake <- struct{}{}:
	default: // it was told already
	}
}

// Swept is until when a foreign schedule is settled; zero before its first sweep.
// While the store is away that may be long ago.
func (s *Sweeper) Swept(id string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.swept[id]
}

func (s *Sweeper) run() {
	defer close(s.done)
	for {
		select {
		case <-s.stop:
			return
		case <-s.wake:
		}
		for s.sweep() {
			if !s.sleep() {
				return
			}
		}
	}
}

// sleep waits for the next sweep. It returns false when there is to be none.
func (s *Sweeper) sleep() bool {
	timer := time.NewTimer(SweepEvery)
	defer timer.Stop()
	select {
	case <-s.stop:
		return false
	case <-timer.C:
		return true
	}
}

// sweep settles what nobody has claimed in time, and forgets schedules that are
// this host's to run again. It reports whether there is any to look at again.
func (s *Sweeper) sweep() bool {
	foreign := s.dispatcher.opts.Schedules.Foreign()
	s.forget(foreign)
	batch := swept{}
	for _, id := range slices.Sorted(maps.Keys(foreign)) {
		since := s.Swept(id)
		if since.IsZero() {
			since = foreign[id]
		}
		s.look(&batch, id, since)
		if len(batch.due) >= chunk && !s.settle(&batch) {
			return true
		}
	}
	s.settle(&batch)
	return len(foreign) > 0
}

// forget leaves out what is not foreign any more.
func (s *Sweeper) forget(foreign map[string]time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.swept, func(id string, _ time.Time) bool {
		_, still := foreign[id]
		return !still
	})
}

// swept is what is to be settled in one go, and until when its schedules are
// settled then.
type swept struct {
	due   []schedule.Due
	until map[string]time.Time
}

// look adds the instants of a schedule whose wait is over, and that nobody has
// looked at since the given one. The wait begins when the longest delay has passed.
func (s *Sweeper) look(batch *swept, id string, since time.Time) {
	job, ok := s.dispatcher.opts.Schedules.Job(id)
	if !ok || !job.Started {
		return
	}
	spec, err := s.specs.Get(job.Definition.Timing())
	if err != nil {
		return // the registry has logged it
	}
	until := s.dispatcher.now().Add(-job.Definition.Placement.Patience() - spec.Jitter())
	if !until.After(since) {
		return
	}
	due := instants(id, spec, since, until)
	if len(due) == maxSwept {
		until = due[maxSwept-1].At // the rest comes with the next sweep
	}
	batch.due = append(batch.due, due...)
	if batch.until == nil {
		batch.until = map[string]time.Time{}
	}
	batch.until[id] = until
}

// settle records a batch. What could not be recorded is looked at again.
func (s *Sweeper) settle(batch *swept) bool {
	ok := s.dispatcher.miss(batch.due, run.ReasonNoHost)
	if ok {
		s.mu.Lock()
		maps.Copy(s.swept, batch.until)
		s.mu.Unlock()
	}
	*batch = swept{}
	return ok
}

// maxSwept bounds what one sweep finds of one schedule.
const maxSwept = 10_000

func instants(id string, spec *schedule.Spec, since, until time.Time) []schedule.Due {
	var due []schedule.Due
	for at := spec.Next(since); !at.IsZero() && !at.After(until) && len(due) < maxSwept; at = spec.Next(at) {
		due = append(due, schedule.Due{ID: id, At: at, Spec: spec})
	}
	return due
}

// miss claims firings as missed, for a reason. It reports whether all were.
func (d *Dispatcher) miss(due []schedule.Due, reason run.Reason) bool {
	for len(due) > 0 {
		n := min(len(due), chunk)
		claim, claimed, err := d.claimMissed(due[:n], reason)
		if err != nil {
			return false
		}
		won := wins(claim, claimed, due[:n], make([]Job, n))
		d.noteMissed(won)
		for _, s := range won {
			d.tell(s)
		}
		due = due[n:]
	}
	return true
}

func (d *Dispatcher) claimMissed(due []schedule.Due, reason run.Reason) (claim store.Claim, claimed []store.Claimed, err error) {
	err = d.insist(d.asking, "recording missed firings", func() error {
		hostID, ok := d.opts.Lease.Held()
		if !ok {
			return store.ErrFenced
		}
		claim = store.Claim{HostID: hostID, At: d.now(), Due: make([]store.Due, len(due))}
		for i, f := range due {
			job, _ := d.opts.Schedules.Job(f.ID)
			claim.Due[i] = d.dueOf(f, job)
			claim.Due[i].Missed = reason
		}
		claimed, err = d.opts.Ledger.Claim(d.asking, claim)
		return err
	})
	return claim, claimed, err
}

// dueOf is what a claim has to know of an instant.
func (d *Dispatcher) dueOf(f schedule.Due, job Job) store.Due {
	return store.Due{
		ScheduleID: f.ID,
		Name:       job.Definition.Name,
		DueAt:      f.At.UTC(),
		Cron:       f.Spec.Key(),
		Timezone:   f.Spec.Zone(),
		Tags:       job.Definition.Tags,
		Policy:     d.policy(job),
		Action:     job.Definition.Action.Type,
		Plugin:     job.Plugin,
		RunID:      newRunID(),
	}
}

func newRunID() string { return uuid.Must(uuid.NewV7()).String() }

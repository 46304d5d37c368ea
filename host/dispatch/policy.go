package dispatch

import (
	"maps"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// poolSet is the pools there are. It is replaced, never changed.
type poolSet struct {
	pools    map[string]Pool
	slots    map[string]int
	ofPlugin map[string]string // the pool of each plugin's runs whose schedule names none
}

// SetPools makes the pools known, by name, and which of them the runs of a plugin
// need whose schedules name none. Runs that were made before keep their pool, with
// the slots that it has now.
func (d *Dispatcher) SetPools(pools map[string]Pool, ofPlugin map[string]string) {
	set := &poolSet{pools: maps.Clone(pools), slots: make(map[string]int, len(pools)), ofPlugin: maps.Clone(ofPlugin)}
	for name, p := range pools {
		set.slots[name] = p.Slots
	}
	d.mu.Lock()
	d.pools = set
	d.mu.Unlock()
	d.WakeAll() // there may be more slots than before
}

func (d *Dispatcher) poolsNow() *poolSet {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pools
}

// of names the pool that the runs of a job need; empty: none.
func (s *poolSet) of(job Job) string {
	if job.Definition.Pool != "" {
		return job.Definition.Pool
	}
	return s.ofPlugin[job.Plugin]
}

// policy is what the ledger has to know of a job's runs. All runs of a schedule get
// theirs here, whatever they come from.
func (d *Dispatcher) policy(job Job) store.Policy {
	pools, retry := d.poolsNow(), retryOf(job.Definition)
	p := store.Policy{
		Overlap:    job.Definition.Overlap,
		QueueLimit: job.Definition.QueueLimit,
		Pool:       pools.of(job),
		Priority:   job.Definition.Priority,
		Follow:     follows(job.Definition),
	}
	p.MaxWait = pools.pools[p.Pool].MaxWait
	switch {
	case d.resumes(job.Plugin, job.Definition.Action.Type):
		p.OnLost = store.OnLostResume
	case retry.Covers(schedule.RetryLost):
		p.OnLost = store.OnLostRetry
	}
	if retry != nil {
		p.Attempts, p.LostWait = retry.Attempts, retry.Wait(1)
	}
	return p
}

// lostOnce is the retry policy of schedules that say of lost attempts alone that
// another one follows them.
func lostOnce() *schedule.Retry {
	return &schedule.Retry{Attempts: 2, On: []schedule.RetryOn{schedule.RetryLost}}
}

// retryOf is the retry policy of a definition, with what it says of lost attempts.
// Nil: there are no retries.
func retryOf(def schedule.Definition) *schedule.Retry {
	switch {
	case def.OnLost != schedule.OnLostRetry || def.Retry.Covers(schedule.RetryLost):
		return def.Retry
	case def.Retry == nil:
		return lostOnce()
	}
	both := *def.Retry
	both.On = append([]schedule.RetryOn{schedule.RetryLost}, both.On...)
	return &both
}

// stepRetry is the retry policy of follow-ups: what tells of a failure must not be
// lost to a short one of its own.
func stepRetry() *schedule.Retry {
	return &schedule.Retry{Attempts: 3, Backoff: 30 * time.Second, MaxBackoff: 5 * time.Minute,
		On: []schedule.RetryOn{schedule.RetryFailed, schedule.RetryTimedOut}}
}

// retriesAsStep says whether an attempt is tried again as those of follow-ups are: of a
// schedule, or of a run of no schedule. What one of the latter has asked for and was
// accepted is started, and that it failed afterwards is an answer: a task of Qlik Sense
// is not reloaded thrice. One that was refused, as it is executing already, may be taken
// later; where no later start can do better, the plugin says so (run.HintNever).
func (d *Dispatcher) retriesAsStep(a *attempt) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return a.run.Step != "" || a.run.Work != nil && a.run.ParentID != "" && !a.accepted
}

// stepPolicy is policy for a follow-up. It keeps nothing from running, and nothing
// follows it.
func (d *Dispatcher) stepPolicy(step Step) store.Policy {
	pools := d.poolsNow()
	p := store.Policy{Overlap: schedule.OverlapAllow, Pool: pools.ofPlugin[step.Plugin]}
	p.MaxWait = pools.pools[p.Pool].MaxWait
	if d.resumes(step.Plugin, step.Action) {
		p.OnLost = store.OnLostResume
	}
	return p
}

// follows says whether something is to be done when runs have ended. Missed firings
// make no run.
func follows(def schedule.Definition) bool {
	for _, f := range def.FollowUps {
		if f.On != schedule.OnMissed {
			return true
		}
	}
	return false
}

// resumes says whether a plugin that is there can look for a lost attempt of an
// action.
func (d *Dispatcher) resumes(plugin, action string) bool {
	d.mu.Lock()
	var x Executor
	if l := d.lanes[plugin]; l != nil {
		x = l.crew.executor
	}
	d.mu.Unlock()
	return x != nil && x.Resumes(action)
}

// caughtUp makes a firing one that is caught up. Unless its runs may be beside each
// other anyway, those that are caught up run one after another, however many.
func caughtUp(due *store.Due) {
	due.Trigger = run.ByCatchUp
	if due.Overlap != schedule.OverlapAllow {
		due.Overlap, due.QueueLimit = schedule.OverlapQueue, allOfThem
	}
}

// allOfThem is more than are ever caught up at a time.
const allOfThem = 1 << 30

// beside says whether runs of a schedule may always be beside each other. Where they
// may not, some may have to wait for the end of another, whatever the overlap is: those
// that are caught up, and those that follow a run of another schedule.
func beside(def schedule.Definition) bool { return def.Overlap == schedule.OverlapAllow }

package dispatch

import (
	"hash/fnv"
	"slices"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// chunk is how many firings are claimed in one transaction, so that other writes
// come in between.
const chunk = 1000

// Fire claims what is due and has what was admitted executed. It returns when
// all is claimed, or when the dispatcher is stopped before the store could be
// written; what is not claimed then is recorded as missed by the next host that
// starts. It is the engine's Handle, and must not be called concurrently.
//
// Runs begin, and firings are told of, when all is claimed: at the top of the
// hour they would take the processor and the store from the claims that follow.
// The engine hands out ten thousand at the most, so that the first does not wait
// for long.
func (d *Dispatcher) Fire(due []schedule.Due) {
	d.handing.RLock()
	defer d.handing.RUnlock()
	until := due[0].At.Add(-time.Second) // other firings of this instant may follow
	var all []settled
	for _, part := range d.parts(due) {
		all = append(all, d.fire(part, until)...)
	}
	hungry := map[string]bool{}
	for _, s := range all {
		d.tell(s.firing, s.name)
		if s.firing.Outcome == run.Ran {
			if !d.proceed(s.pending) {
				hungry[s.pending.job.Plugin] = true
			}
		}
	}
	for plugin := range hungry {
		d.Wake(plugin)
	}
}

// parts are what is claimed in one transaction each. Each host begins with another
// one, so that several get on beside each other: the parts that one has claimed the
// others find settled.
func (d *Dispatcher) parts(due []schedule.Due) [][]schedule.Due {
	parts := slices.Collect(slices.Chunk(due, chunk))
	if d.opts.Neighbours == nil || len(parts) == 1 || !due[0].At.Equal(due[len(due)-1].At) {
		return parts // of several instants, each schedule's come in order
	}
	hostID, _ := d.opts.Lease.Held()
	h := fnv.New32a()
	h.Write([]byte(hostID))
	first := int(h.Sum32() % uint32(len(parts)))
	return slices.Concat(parts[first:], parts[:first])
}

// settled is a firing that this host has won.
type settled struct {
	firing  run.Firing
	name    string
	pending pending // when it ran
}

// fire claims one part and returns the firings that were won. All that was due by
// until is settled.
func (d *Dispatcher) fire(due []schedule.Due, until time.Time) []settled {
	jobs := d.jobs(due)
	claim, claimed, err := d.claim(due, jobs, until)
	if err != nil {
		return d.fireApart(due, until, err)
	}
	won := make([]settled, 0, len(due))
	for i, c := range claimed {
		asked := claim.Due[i]
		if asked.Start && c.State != run.Running {
			d.release(asked.Plugin, 1)
		}
		if c.Won {
			won = append(won, settled{
				firing:  firingOf(claim.At, asked, c),
				name:    asked.Name,
				pending: pending{run: runOf(claim.At, asked, c), job: jobs[i], hostID: claim.HostID},
			})
		}
	}
	return won
}

// fireApart claims one by one what could not be claimed together, so that a
// firing which the store refuses takes no other with it.
func (d *Dispatcher) fireApart(due []schedule.Due, until time.Time, err error) []settled {
	if d.asking.Err() != nil {
		return nil // stopped; insist has logged why the store was waited for
	}
	if len(due) == 1 {
		d.opts.Log.Error("firing cannot be claimed", "schedule", due[0].ID, "due", due[0].At, "err", err)
		return nil
	}
	var won []settled
	for i := range due {
		won = append(won, d.fire(due[i:i+1], until)...)
	}
	return won
}

// jobs finds what the schedules execute. One that is out of force by now has the
// zero job: its claim is skipped by the store.
func (d *Dispatcher) jobs(due []schedule.Due) []Job {
	jobs := make([]Job, len(due))
	for i, f := range due {
		jobs[i], _ = d.opts.Schedules.Job(f.ID)
	}
	return jobs
}

// claim claims, and tries again while the store cannot be written. What is tried
// again is the same claim, with the same slots: the store may have made it, and
// only its answer was lost.
func (d *Dispatcher) claim(due []schedule.Due, jobs []Job, until time.Time) (store.Claim, []store.Claimed, error) {
	claim := d.ask(due, jobs)
	claim.Until = until
	var claimed []store.Claimed
	err := d.insist(d.asking, "claiming firings", func() (err error) {
		hostID, ok := d.opts.Lease.Held()
		if !ok {
			return store.ErrFenced
		}
		d.date(&claim, hostID)
		claimed, err = d.opts.Ledger.Claim(d.asking, claim)
		return err
	})
	if err != nil {
		d.giveBack(claim)
	}
	return claim, claimed, err
}

// ask makes the claim, reserving a slot for each firing that can start at once.
func (d *Dispatcher) ask(due []schedule.Due, jobs []Job) store.Claim {
	now := d.now()
	claim := store.Claim{Due: make([]store.Due, len(due))}
	for i, f := range due {
		claim.Due[i] = dueOf(f, jobs[i])
		if now.Sub(f.At) <= d.opts.LateLimit {
			claim.Due[i].Start = jobs[i].Here && d.reserve(jobs[i].Plugin)
		}
	}
	return claim
}

// date makes the claim one of this moment, for the host as it is now. What an
// earlier try may have made under another lease is settled with that one, so that
// the runs get new ids.
func (d *Dispatcher) date(claim *store.Claim, hostID string) {
	renamed := claim.HostID != "" && claim.HostID != hostID
	claim.HostID, claim.At = hostID, d.now()
	for i := range claim.Due {
		due := &claim.Due[i]
		if claim.At.Sub(due.DueAt) > d.opts.LateLimit {
			due.Missed = run.ReasonLate
		}
		if renamed {
			due.RunID = newRunID()
		}
	}
}

func (d *Dispatcher) giveBack(claim store.Claim) {
	for _, due := range claim.Due {
		if due.Start {
			d.release(due.Plugin, 1)
		}
	}
}

func firingOf(at time.Time, asked store.Due, c store.Claimed) run.Firing {
	f := run.Firing{
		ScheduleID: asked.ScheduleID,
		DueAt:      asked.DueAt,
		Outcome:    c.Outcome,
		Reason:     c.Reason,
		SettledAt:  at,
	}
	if c.Outcome == run.Ran {
		f.RunID = asked.RunID
	}
	return f
}

// proceed executes a run that has its slot. One that waits is in the ledger, for
// whichever host has a slot first.
func (d *Dispatcher) proceed(p pending) (begun bool) {
	if p.run.State == run.Waiting {
		return false
	}
	d.begin(p)
	return true
}

func runOf(at time.Time, asked store.Due, c store.Claimed) run.Run {
	r := run.Run{
		ID:           asked.RunID,
		ScheduleID:   asked.ScheduleID,
		ScheduleName: asked.Name,
		Trigger:      run.ByFiring,
		DueAt:        asked.DueAt,
		CreatedAt:    at,
		State:        c.State,
		Action:       asked.Action,
		Plugin:       asked.Plugin,
	}
	if c.State == run.Running {
		r.StartedAt, r.Attempts = at, 1
	}
	return r
}

// tell logs a settled firing in one line.
func (d *Dispatcher) tell(f run.Firing, name string) {
	d.opts.Observer.Firing(f, f.SettledAt.Sub(f.DueAt))
	args := []any{"schedule", f.ScheduleID, "due", f.DueAt, "outcome", f.Outcome}
	if name != f.ScheduleID {
		args = append(args, "name", name)
	}
	if f.RunID != "" {
		d.opts.Log.Info("firing", append(args, "run", f.RunID)...)
		return
	}
	d.opts.Log.Warn("firing", append(args, "reason", f.Reason, "because", f.Reason.Text())...)
}

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
// written; what is not claimed then is claimed by other hosts, settled by whoever
// ends the schedule, or recorded as missed by the next host that starts. It is the
// engine's Handle, and must not be called concurrently.
//
// Runs begin, and firings are told of, when all is claimed: at the top of the
// hour they would take the processor and the store from the claims that follow.
// The engine hands out ten thousand at the most, so that the first does not wait
// for long.
func (d *Dispatcher) Fire(due []schedule.Due) {
	d.handing.RLock()
	defer d.handing.RUnlock()
	until := startsAt(due[0]).Add(-time.Second) // other firings of this instant may follow
	var all []settled
	for _, part := range d.parts(due) {
		all = append(all, d.fire(part, until)...)
	}
	d.beginAll(all)
}

// beginAll tells of firings that were won, and has executed what they admitted. What
// they replace is asked to end when all have begun: some of it may be among them.
func (d *Dispatcher) beginAll(all []settled) {
	hungry := map[string]bool{}
	d.noteMissed(all)
	for _, s := range all {
		d.tell(s)
		if s.firing.Outcome == run.Ran && !d.proceed(s.pending) {
			hungry[s.pending.run.Plugin] = true
			d.alarm.set(earliest(s.pending.run.WaitUntil, d.now().Add(maxNap)))
		}
	}
	for _, s := range all {
		for _, r := range s.replaces {
			d.replace(r)
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
	if d.opts.Neighbours == nil || len(parts) == 1 || !atOnce(due) {
		return parts // of several instants, each schedule's come in order
	}
	hostID, _ := d.opts.Lease.Held()
	h := fnv.New32a()
	h.Write([]byte(hostID))
	first := int(h.Sum32() % uint32(len(parts)))
	return slices.Concat(parts[first:], parts[:first])
}

// atOnce says whether firings are of one instant, and each is of another schedule.
func atOnce(due []schedule.Due) bool {
	ids := make(map[string]bool, len(due))
	for _, f := range due {
		if !f.At.Equal(due[0].At) || ids[f.ID] {
			return false
		}
		ids[f.ID] = true
	}
	return true
}

// settled is a firing that this host has won.
type settled struct {
	firing   run.Firing
	name     string
	startsAt time.Time // when it was to start: after its instant, by its delay
	pending  pending   // when it ran
	replaces []run.Run
}

// startsAt is when a firing is to start: how late it is counts from then.
func startsAt(f schedule.Due) time.Time {
	if f.FireAt.IsZero() { // it is not from the engine
		return f.At.Add(f.Spec.Delay(f.ID, f.At))
	}
	return f.FireAt
}

// fire claims one part and returns the firings that were won. All that was due by
// until is settled.
func (d *Dispatcher) fire(due []schedule.Due, until time.Time) []settled {
	jobs := d.jobs(due)
	claim, claimed, err := d.claim(due, jobs, until)
	if err != nil {
		return d.fireApart(due, until, err)
	}
	for i, c := range claimed {
		if asked := claim.Due[i]; asked.Start && c.State != run.Running {
			d.release(asked.Plugin, 1)
		}
	}
	return wins(claim, claimed, due, jobs)
}

// wins are the firings of a claim that were won.
func wins(claim store.Claim, claimed []store.Claimed, due []schedule.Due, jobs []Job) []settled {
	won := make([]settled, 0, len(due))
	for i, c := range claimed {
		if !c.Won {
			continue
		}
		asked := claim.Due[i]
		s := settled{firing: claim.FiringOf(asked, c, jobs[i].Version), name: asked.Name, startsAt: startsAt(due[i]), replaces: c.Replaces}
		if c.Outcome == run.Ran {
			s.firing.RunID = asked.RunID
			s.pending = pending{run: claim.RunOf(asked, c, jobs[i].Version), job: jobs[i], hostID: claim.HostID}
		}
		won = append(won, s)
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
		return d.giveUpFiring(due, until)
	}
	var won []settled
	for i := range due {
		won = append(won, d.fire(due[i:i+1], until)...)
	}
	return won
}

// giveUpFiring records as missed a firing that the store refuses, with as little as
// that takes: it would stay unsettled for ever.
func (d *Dispatcher) giveUpFiring(due []schedule.Due, until time.Time) []settled {
	claim := store.Claim{Until: until}
	var claimed []store.Claimed
	err := d.insist(d.asking, "recording a firing that is refused", func() (err error) {
		hostID, ok := d.opts.Lease.Held()
		if !ok {
			return store.ErrFenced
		}
		claim.HostID, claim.At = hostID, d.now()
		claim.Due = []store.Due{{
			ScheduleID: due[0].ID, DueAt: due[0].At.UTC(), Cron: due[0].Spec.Key(), Timezone: due[0].Spec.Zone(),
			RunID: newRunID(), Missed: run.ReasonLate,
		}}
		claimed, err = d.opts.Ledger.Claim(d.asking, claim)
		return err
	})
	if err != nil {
		d.opts.Log.Error("firing is not settled", "schedule", due[0].ID, "due", due[0].At, "err", err)
		return nil
	}
	return wins(claim, claimed, due, make([]Job, 1))
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
		d.late(&claim, due, jobs)
		claimed, err = d.opts.Ledger.Claim(d.asking, claim)
		return err
	})
	if err != nil {
		d.giveBack(claim)
	}
	return claim, claimed, err
}

// ask makes the claim, reserving a slot for each firing that can start at once. The
// slots of pools are the store's to give.
func (d *Dispatcher) ask(due []schedule.Due, jobs []Job) store.Claim {
	now := d.now()
	claim := store.Claim{Due: make([]store.Due, len(due))}
	for i, f := range due {
		claim.Due[i] = d.dueOf(f, jobs[i])
		if now.Sub(startsAt(f)) <= d.opts.LateLimit && claim.Due[i].Pool == "" {
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
		if renamed {
			claim.Due[i].RunID = newRunID()
		}
	}
}

// late says of the firings that are found too late whether they are caught up: the
// host was suspended or overloaded, or its store was away. It judges anew each time:
// since an earlier try, the clock may have gone back.
func (d *Dispatcher) late(claim *store.Claim, due []schedule.Due, jobs []Job) {
	for i, f := range due {
		asked, policy := &claim.Due[i], jobs[i].Definition
		asked.Missed, asked.Trigger = run.None, ""
		asked.Overlap, asked.QueueLimit = policy.Overlap, policy.QueueLimit
		if claim.At.Sub(startsAt(f)) <= d.opts.LateLimit {
			continue
		}
		reason, ok := caughtUpOr(run.ReasonLate, jobs[i].Definition.CatchUp.Decide(f.Spec, f.At, claim.At))
		if ok {
			caughtUp(asked)
			continue
		}
		asked.Missed = reason
	}
}

func (d *Dispatcher) giveBack(claim store.Claim) {
	for _, due := range claim.Due {
		if due.Start {
			d.release(due.Plugin, 1)
		}
	}
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

// tell logs a settled firing in one line.
func (d *Dispatcher) tell(s settled) {
	f := s.firing
	d.opts.Observer.Firing(f, f.SettledAt.Sub(s.startsAt))
	args := []any{"schedule", f.ScheduleID, "due", f.DueAt, "outcome", f.Outcome}
	if s.name != f.ScheduleID {
		args = append(args, "name", s.name)
	}
	if f.RunID != "" {
		d.opts.Log.Info("firing", append(args, "run", f.RunID)...)
		return
	}
	if f.HoldID != "" {
		args = append(args, "hold", f.HoldID)
	}
	d.opts.Log.Warn("firing", append(args, "reason", f.Reason, "because", f.Reason.Text())...)
}

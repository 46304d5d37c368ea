package dispatch

import (
	"time"

	"github.com/google/uuid"

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
	var all []settled
	for len(due) > 0 {
		n := min(len(due), chunk)
		all = append(all, d.fire(due[:n])...)
		due = due[n:]
	}
	for _, s := range all {
		d.tell(s.firing, s.name)
		if s.firing.Outcome == run.Ran {
			d.proceed(s.pending)
		}
	}
}

// settled is a firing that this host has won.
type settled struct {
	firing  run.Firing
	name    string
	pending pending // when it ran
}

// fire claims one chunk and returns the firings that were won.
func (d *Dispatcher) fire(due []schedule.Due) []settled {
	jobs := d.jobs(due)
	claim, claimed, err := d.claim(due, jobs)
	if err != nil {
		return d.fireApart(due, err)
	}
	won := make([]settled, 0, len(due))
	for i, c := range claimed {
		asked := claim.Due[i]
		if asked.Start && c.State != run.Running {
			d.release(asked.Plugin)
		}
		if c.Won {
			won = append(won, settled{
				firing:  firingOf(claim.At, asked, c),
				name:    asked.Name,
				pending: pending{run: runOf(claim.At, asked, c), job: jobs[i]},
			})
		}
	}
	return won
}

// fireApart claims one by one what could not be claimed together, so that a
// firing which the store refuses takes no other with it.
func (d *Dispatcher) fireApart(due []schedule.Due, err error) []settled {
	if d.asking.Err() != nil {
		return nil // stopped; insist has logged why the store was waited for
	}
	if len(due) == 1 {
		d.opts.Log.Error("firing cannot be claimed", "schedule", due[0].ID, "due", due[0].At, "err", err)
		return nil
	}
	var won []settled
	for i := range due {
		won = append(won, d.fire(due[i:i+1])...)
	}
	return won
}

// jobs finds what the schedules execute. One that is out of force by now has the
// zero job: its claim is skipped by the store.
func (d *Dispatcher) jobs(due []schedule.Due) []Job {
	jobs := make([]Job, len(due))
	for i, f := range due {
		jobs[i], _ = d.opts.Jobs(f.ID)
	}
	return jobs
}

// claim claims, and tries again while the store cannot be written.
func (d *Dispatcher) claim(due []schedule.Due, jobs []Job) (store.Claim, []store.Claimed, error) {
	var claim store.Claim
	var claimed []store.Claimed
	err := d.insist(d.asking, "claiming firings", func() (err error) {
		claim = d.ask(due, jobs)
		claimed, err = d.opts.Ledger.Claim(d.asking, claim)
		if err != nil {
			d.giveBack(claim)
		}
		return err
	})
	return claim, claimed, err
}

// ask makes the claim, reserving a slot for each firing that can start at once.
func (d *Dispatcher) ask(due []schedule.Due, jobs []Job) store.Claim {
	now := time.Now().UTC()
	claim := store.Claim{
		HostID: d.opts.HostID,
		At:     now,
		Until:  due[0].At.Add(-time.Second), // other firings of this instant may follow
		Due:    make([]store.Due, len(due)),
	}
	for i, f := range due {
		claim.Due[i] = store.Due{
			ScheduleID: f.ID,
			Name:       jobs[i].Definition.Name,
			DueAt:      f.At.UTC(),
			Cron:       f.Spec.Expr(),
			Timezone:   f.Spec.Zone(),
			Overlap:    jobs[i].Definition.Overlap,
			Action:     jobs[i].Definition.Action.Type,
			Plugin:     jobs[i].Plugin,
			RunID:      uuid.Must(uuid.NewV7()).String(),
		}
		if now.Sub(f.At) > d.opts.LateLimit {
			claim.Due[i].Missed = run.ReasonLate
			continue
		}
		claim.Due[i].Start = d.reserve(jobs[i].Plugin)
	}
	return claim
}

func (d *Dispatcher) giveBack(claim store.Claim) {
	for _, due := range claim.Due {
		if due.Start {
			d.release(due.Plugin)
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

// proceed executes a run that has its slot, or lets it wait for one.
func (d *Dispatcher) proceed(p pending) {
	if p.run.State == run.Waiting {
		d.enqueue(p)
		return
	}
	d.begin(p)
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

package dispatch

import (
	"context"
	"slices"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// caughtUpOr says whether a firing that did not run in time is caught up, and if not,
// why it is missed: otherwise is the reason where the schedule catches nothing up.
func caughtUpOr(otherwise run.Reason, decision schedule.Decision) (run.Reason, bool) {
	switch decision {
	case schedule.CaughtUp:
		return run.None, true
	case schedule.TooOld:
		return run.ReasonTooOld, false
	case schedule.TooMany:
		return run.ReasonTooMany, false
	}
	return otherwise, false
}

// Owed is a firing that recovery found and that is to be claimed when the schedules
// in force are known.
type Owed struct {
	schedule.Due
	Version int64 // that owes it
	// Delayed says that its delay is not over: it is not late, and the engine hands it
	// out unless the schedule was changed meanwhile.
	Delayed bool
}

// CatchUp claims what an outage has left to be caught up. It comes after the schedules
// were taken up, so that a schedule which was stopped, changed or removed while no host
// was there catches nothing up, and before anything fires. What waits then is taken by
// TakeUp. What was claimed before, by this host or by others, stays as it is.
func (d *Dispatcher) CatchUp(ctx context.Context, owed []Owed) error {
	for part := range slices.Chunk(owed, chunk) {
		if err := d.catchUpPart(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

func (d *Dispatcher) catchUpPart(ctx context.Context, owed []Owed) error {
	claim, due, jobs := d.owe(owed)
	if len(due) == 0 {
		return nil
	}
	var claimed []store.Claimed
	err := d.insist(ctx, "claiming what is caught up", func() (err error) {
		hostID, ok := d.opts.Lease.Held()
		if !ok {
			return store.ErrFenced
		}
		d.date(&claim, hostID)
		claimed, err = d.opts.Ledger.Claim(ctx, claim)
		return err
	})
	if err != nil {
		return err
	}
	d.beginAll(wins(claim, claimed, due, jobs))
	return nil
}

// owe makes the claim of what is owed. No slot is reserved: what is caught up waits in
// the ledger, behind what waited there before.
func (d *Dispatcher) owe(owed []Owed) (claim store.Claim, due []schedule.Due, jobs []Job) {
	for _, o := range owed {
		job, inForce := d.opts.Schedules.Job(o.ID)
		same := inForce && job.Started && job.Version == o.Version
		if o.Delayed && same {
			continue // the engine has it
		}
		asked := d.dueOf(o.Due, job)
		switch {
		case o.Delayed: // the store finds that its version is not in force any more
		case !same:
			asked.Missed = run.ReasonHostDown
		case job.Plugin == "": // no host could take its run
			asked.Missed = run.ReasonNoHost
		default:
			caughtUp(&asked)
		}
		claim.Due, due, jobs = append(claim.Due, asked), append(due, o.Due), append(jobs, job)
	}
	return claim, due, jobs
}

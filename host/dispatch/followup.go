package dispatch

import (
	"errors"
	"fmt"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// make makes the runs of a follow-up.
func (f *Follower) make(up schedule.FollowUp, job Job, parent run.Run) error {
	key := "follow:" + parent.ID + ":" + up.Name
	if up.Action != nil {
		return f.d.makeStep(up, job, run.Run{ParentID: parent.ID, IdempotencyKey: key, DueAt: parent.EndedAt})
	}
	var failed error
	for _, id := range up.Start {
		if err := f.start(id, key, parent); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// makeStep makes a run that executes a follow-up's action. It belongs to the
// schedule, and keeps none of its firings from running.
func (d *Dispatcher) makeStep(up schedule.FollowUp, job Job, r run.Run) error {
	step, known := job.Steps[up.Name]
	if !known {
		return fmt.Errorf("step %s of schedule %q: %w", up.Name, job.Definition.ID, errElsewhere)
	}
	r.ID, r.Trigger, r.CreatedAt = newRunID(), run.ByChain, d.now()
	r.ScheduleID, r.ScheduleName = job.Definition.ID, job.Definition.Name
	r.Step, r.Action, r.Plugin = up.Name, up.Action.Type, step.Plugin
	return d.askFor(r, d.stepPolicy(step))
}

// start makes a run of another schedule. One that is stopped or held is not
// started: its run says so.
func (f *Follower) start(id, key string, parent run.Run) error {
	job, ok, err := f.d.lookUp(id, 1)
	switch {
	case err != nil:
		return err
	case !ok:
		f.log.Error("a follow-up names a schedule that is not there", "schedule", id, "run", parent.ID)
		return nil
	case job.Plugin == "":
		return fmt.Errorf("starting schedule %q: %w", id, errElsewhere)
	}
	r := run.Run{
		ID: newRunID(), ScheduleID: id, ScheduleName: job.Definition.Name, ParentID: parent.ID, Trigger: run.ByChain,
		IdempotencyKey: key, DueAt: parent.EndedAt, CreatedAt: f.d.now(), Action: job.Definition.Action.Type, Plugin: job.Plugin,
	}
	reason, err := f.d.unwilling(job)
	if err != nil {
		return err
	}
	policy := f.d.policy(job)
	if policy.Overlap != schedule.OverlapAllow {
		policy.Overlap = schedule.OverlapQueue // it waits for its turn, and is not skipped in silence
	}
	if reason == run.None {
		return f.d.askFor(r, policy)
	}
	return f.d.askAndEnd(r, policy, reason)
}

// unwilling says why a schedule is not to be started by another one's run; None if
// it is.
func (d *Dispatcher) unwilling(job Job) (run.Reason, error) {
	if !job.Started {
		return run.ReasonStopped, nil
	}
	held, err := d.held(job.Definition)
	if held {
		return run.ReasonHeld, nil
	}
	return run.None, err
}

// askFor makes a run that waits, once for its key, and has it taken.
func (d *Dispatcher) askFor(r run.Run, policy store.Policy) error {
	made, err := d.triggerOnce(r, policy)
	switch {
	case err != nil:
		return err
	case made.Plugin == "": // askAndEnd has made it, and got no further
		return d.endRefused(made, run.ReasonStopped)
	case made.State == run.Waiting:
		d.await(made)
	}
	return nil
}

// askAndEnd makes a run that ends at once, so that it is seen that it was asked for.
func (d *Dispatcher) askAndEnd(r run.Run, policy store.Policy, reason run.Reason) error {
	policy.Follow = false // nothing was done that there would be something to say of
	r.Plugin = ""         // or a host might take it before it is ended
	made, err := d.triggerOnce(r, policy)
	if err != nil {
		return err
	}
	return d.endRefused(made, reason)
}

// endRefused ends a run of askAndEnd, unless it has ended before.
func (d *Dispatcher) endRefused(made run.Run, reason run.Reason) error {
	if made.State != run.Waiting || made.Plugin != "" {
		return nil
	}
	return d.insist(d.asking, "ending what is not started", func() error {
		_, err := d.abandon(d.asking, made.ID, run.Cancelled, reason)
		return err
	})
}

func (d *Dispatcher) triggerOnce(r run.Run, policy store.Policy) (made run.Run, err error) {
	err = d.insist(d.asking, "making a follow-up", func() error {
		hostID, held := d.opts.Lease.Held()
		if !held {
			return store.ErrFenced
		}
		made, _, err = d.opts.Ledger.Trigger(d.asking, store.Trigger{Run: r, HostID: hostID, Policy: policy})
		return err
	})
	return made, err
}

package dispatch

import (
	"errors"
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// Bounds on what cannot be followed: one run must not keep the others from it.
const (
	// followTries is how often it is tried what fails for another reason than a store
	// that is away.
	followTries = 5
	// followPatience is how long after its end a run waits for a host that knows how to
	// follow it.
	followPatience = time.Hour
)

// errElsewhere says that only other hosts know how to follow a run.
var errElsewhere = errors.New("only other hosts' files and plugins say how")

// all follows all runs that are to be followed.
func (f *Follower) all() error {
	f.left = 0
	for f.d.asking.Err() == nil {
		// What is left stands before the others.
		limit := min(f.left+followLimit, store.MaxPage)
		found, followed, err := f.some(limit)
		if err != nil {
			return err
		}
		f.left = found - followed
		if found < limit || followed == 0 {
			return nil
		}
	}
	return nil
}

// some follows the first of the runs that are to be followed.
func (f *Follower) some(limit int) (found, followed int, err error) {
	var ended []run.Run
	err = f.d.insist(f.d.asking, "looking for runs to be followed", func() (err error) {
		ended, err = f.d.opts.Outbox.Unfollowed(f.d.asking, limit)
		return err
	})
	if err != nil || len(ended) == 0 {
		return 0, 0, err
	}
	var ids []string
	for _, r := range ended {
		err := f.follow(r)
		if err != nil && (passing(err) || f.d.asking.Err() != nil) {
			return 0, 0, err
		}
		if err == nil || f.giveUp(r, err) {
			ids = append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return len(ended), 0, nil
	}
	err = f.d.insist(f.d.asking, "recording what was followed", func() error {
		return f.d.opts.Outbox.Followed(f.d.asking, ids)
	})
	if err != nil {
		return 0, 0, err
	}
	for _, id := range ids {
		delete(f.tries, id)
	}
	return len(ended), len(ids), nil
}

// giveUp says whether a run that could not be followed is not to be tried again. It
// is in the log then; the run itself is in the ledger, with the follow-ups that were
// made.
func (f *Follower) giveUp(r run.Run, err error) bool {
	over := f.d.now().Sub(r.EndedAt) > followPatience
	if !errors.Is(err, errElsewhere) {
		f.tries[r.ID]++
		over = f.tries[r.ID] >= followTries
	} else if f.d.opts.Neighbours == nil {
		over = true // there is nobody else
	}
	if over {
		f.log.Error("gave up following a run", append(about(r), "err", err)...)
		return true
	}
	f.log.Warn("a run could not be followed yet", append(about(r), "err", err)...)
	return false
}

// follow makes what the end of a run asks for, by the schedule as it is now. What
// can be made is made, also when something else cannot.
func (f *Follower) follow(r run.Run) error {
	if r.Work != nil {
		return f.followWork(r)
	}
	if r.Step != "" {
		return nil // follow-ups have none of their own
	}
	job, ok, err := f.d.lookUp(r.ScheduleID, r.Version)
	if err != nil || !ok {
		return err // what is removed has none
	}
	var failed error
	for _, up := range job.Definition.FollowUps {
		asked, err := f.d.asksFor(up, r)
		if err == nil && asked {
			err = f.make(up, job, r)
		}
		switch {
		case err == nil:
		case passing(err) || f.d.asking.Err() != nil:
			return err
		case errors.Is(err, store.ErrNotFound):
			f.log.Error("a follow-up is of a schedule that was removed", "run", r.ID, "step", up.Name, "err", err)
		case failed == nil || errors.Is(failed, errElsewhere):
			failed = fmt.Errorf("following with %s: %w", up.Name, err)
		}
	}
	return failed
}

// lookUp finds the job of a schedule in a version or a later one. Another host may have
// made it just now.
func (d *Dispatcher) lookUp(scheduleID string, version int64) (job Job, ok bool, err error) {
	job, ok = d.opts.Schedules.Job(scheduleID)
	if d.opts.Neighbours == nil || ok && job.Version >= version {
		return job, ok, nil
	}
	if err := d.opts.Neighbours.Sync(d.asking); err != nil {
		return Job{}, false, err
	}
	job, ok = d.opts.Schedules.Job(scheduleID)
	return job, ok, nil
}

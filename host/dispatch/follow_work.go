package dispatch

import (
	"errors"
	"fmt"

	"butlerd/host/run"
)

// followWork makes what follows a run of no schedule. They are runs of no schedule
// too, and wait for a slot like any other: nobody waits for their answer.
func (f *Follower) followWork(parent run.Run) error {
	var failed error
	for n, next := range nextOf(parent) {
		r := run.Run{
			ID: newRunID(), ParentID: parent.ID, Trigger: run.ByChain, By: parent.By,
			IdempotencyKey: fmt.Sprintf("follow:%s:%d", parent.ID, n),
			DueAt:          parent.EndedAt, CreatedAt: f.d.now(),
			Action: next.Action, Plugin: next.Plugin, Work: &run.Work{Arguments: next.Arguments},
		}
		err := f.d.askFor(r, f.d.stepPolicy(Step{Action: next.Action, Plugin: next.Plugin}))
		if err != nil && (passing(err) || f.d.asking.Err() != nil) {
			return err
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("following with %s: %w", next.Action, err))
		}
	}
	return failed
}

// nextOf is what follows the end of a run of no schedule. A cancelled one was not
// wanted, and of a lost one nobody knows which of the two it is.
func nextOf(r run.Run) []run.Next {
	switch r.State {
	case run.Succeeded:
		return r.Work.OnSuccess
	case run.Failed, run.TimedOut:
		return r.Work.OnFailure
	}
	return nil
}

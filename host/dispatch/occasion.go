package dispatch

import (
	"context"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// asksFor says whether the end of a run is an occasion of a follow-up.
func (d *Dispatcher) asksFor(up schedule.FollowUp, r run.Run) (bool, error) {
	switch up.On {
	case schedule.OnSuccess:
		return r.State == run.Succeeded, nil
	case schedule.OnFailure:
		return r.State.Failure(), nil
	case schedule.OnEnd:
		return true, nil
	case schedule.OnFailures:
		if !r.State.Failure() {
			return false, nil
		}
		before, err := d.failuresBefore(d.asking, r, up.After)
		return before == up.After-1, err // the After-th one, and none that follows
	case schedule.OnRecovery:
		if r.State != run.Succeeded {
			return false, nil
		}
		before, err := d.failuresBefore(d.asking, r, up.After)
		return before >= up.After, err
	}
	return false, nil
}

// maxLooked bounds how many runs are looked at to count failures.
const maxLooked = 5000

// failuresBefore counts the runs of the schedule that failed in a row before r was
// made, up to a limit. Cancelled runs are neither here nor there.
func (d *Dispatcher) failuresBefore(ctx context.Context, r run.Run, limit int) (n int, err error) {
	q := store.RunQuery{
		ScheduleID: r.ScheduleID,
		States:     []run.State{run.Succeeded, run.Failed, run.TimedOut, run.Lost},
		Limit:      store.MaxPage,
		After:      store.RunCursor{CreatedAt: r.CreatedAt, ID: r.ID},
	}
	if limit < 10 {
		q.Limit = 50
	}
	for looked := 0; looked < maxLooked; looked += q.Limit {
		page, err := d.opts.Ledger.Runs(ctx, q)
		if err != nil {
			return 0, err
		}
		for _, before := range page.Runs {
			switch {
			case before.Step != "":
			case !before.State.Failure() || n == limit:
				return n, nil
			default:
				n++
			}
		}
		if q.After = page.Next; q.After == (store.RunCursor{}) {
			return n, nil
		}
	}
	return n, nil
}

package dispatch

import (
	"context"
	"fmt"

	"butlerd/host/run"
)

// parent are the facts of what a follow-up follows; nil for a run that is none.
func (d *Dispatcher) parent(ctx context.Context, r run.Run) (*run.Parent, error) {
	if r.Step == "" {
		return nil, nil
	}
	if r.ParentID == "" {
		n, err := missedCount(r.By)
		return &run.Parent{ScheduleID: r.ScheduleID, ScheduleName: r.ScheduleName, State: run.State(run.Missed), DueAt: r.DueAt, Missed: n}, err
	}
	of, _, err := d.opts.Ledger.Run(ctx, r.ParentID)
	if err != nil {
		return nil, fmt.Errorf("reading the run that this one follows: %w", err)
	}
	failures, err := d.failuresBefore(ctx, of, maxFailures)
	if err != nil {
		return nil, fmt.Errorf("counting failures: %w", err)
	}
	if of.State.Failure() {
		failures++
	}
	return &run.Parent{
		RunID: of.ID, ScheduleID: of.ScheduleID, ScheduleName: of.ScheduleName, State: of.State, Reason: of.Reason,
		Summary: of.Summary, Error: of.Error, DueAt: of.DueAt, EndedAt: of.EndedAt, Failures: failures,
	}, nil
}

// maxFailures is as far as failures in a row are counted for the arguments of a
// follow-up.
const maxFailures = 1000

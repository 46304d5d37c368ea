package explain

import (
	"context"
	"errors"
	"slices"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// Limits on what is read beside the firing.
const (
	about    = time.Minute // runs of other triggers that are as near to an instant are shown
	maxNear  = 5
	maxOlder = 50 // runs that are looked at for those that were open
)

// history is a run with all that belongs to it.
type history struct {
	run      run.Run
	attempts []run.Attempt
	parent   *run.Run
	children []run.Run
}

// readRuns reads the run of the firing, those that kept it from running, and, of an
// instant that is no firing, those that were made about then.
func (x *explainer) readRuns(ctx context.Context) error {
	switch f := x.firing; {
	case f != nil && f.RunID != "":
		return x.follow(ctx, &x.runs, f.RunID)
	case f != nil && (f.Reason == run.ReasonOverlap || f.Reason == run.ReasonQueue):
		return x.readOpen(ctx)
	case f == nil && !x.owed:
		return x.readNear(ctx)
	}
	return nil
}

// follow adds a run with its chain to a list. One that the retention has deleted is
// left out.
func (x *explainer) follow(ctx context.Context, list *[]history, id string) error {
	r, attempts, err := x.src.Run(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	h := history{run: r, attempts: attempts}
	if r.ParentID != "" {
		parent, _, err := x.src.Run(ctx, r.ParentID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil {
			h.parent = &parent
		}
	}
	if h.children, err = x.src.Children(ctx, id); err != nil {
		return err
	}
	*list = append(*list, h)
	return nil
}

// readOpen finds the runs of the schedule that were open as the firing was settled.
func (x *explainer) readOpen(ctx context.Context) error {
	at := x.firing.SettledAt
	page, err := x.src.Runs(ctx, store.RunQuery{ScheduleID: x.shown.ID, To: at.Add(time.Microsecond), Limit: maxOlder})
	if err != nil {
		return err
	}
	for _, r := range page.Runs {
		if r.Step != "" || !r.EndedAt.IsZero() && !r.EndedAt.After(at) {
			continue
		}
		if err := x.follow(ctx, &x.open, r.ID); err != nil {
			return err
		}
	}
	return nil
}

// readNear finds runs that others than firings have made about the instant.
func (x *explainer) readNear(ctx context.Context) error {
	page, err := x.src.Runs(ctx, store.RunQuery{ScheduleID: x.shown.ID, From: x.at.Add(-about), To: x.at.Add(about), Limit: maxOlder})
	if err != nil {
		return err
	}
	near := slices.DeleteFunc(page.Runs, func(r run.Run) bool { return r.Trigger == run.ByFiring || r.Trigger == run.ByCatchUp })
	for _, r := range near[:min(len(near), maxNear)] {
		if err := x.follow(ctx, &x.runs, r.ID); err != nil {
			return err
		}
	}
	return nil
}

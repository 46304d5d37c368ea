package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"butlerd/host/plugin"
	"butlerd/host/run"
	"butlerd/host/store"
)

// history is what earlier attempts of a run have to do with the present one.
type history struct {
	tries int // attempts that did the work themselves, the present one included
	looks int // as in outcome
	lost  *plugin.Lost
}

// history reads what was before an attempt, where that matters: for one that looks
// for a lost one, and for a retry among whose predecessors may be such.
func (d *Dispatcher) history(ctx context.Context, r run.Run, resumes bool) (history, error) {
	if r.Resume == 0 && (r.Attempts <= 1 || !resumes) {
		return history{tries: r.Attempts}, nil
	}
	var attempts []run.Attempt
	err := d.insist(ctx, "reading earlier attempts", func() (err error) {
		_, attempts, err = d.opts.Ledger.Run(ctx, r.ID)
		return err
	})
	if err != nil {
		return history{tries: r.Attempts}, fmt.Errorf("reading earlier attempts: %w", err)
	}
	return historyOf(r, attempts), nil
}

func historyOf(r run.Run, attempts []run.Attempt) history {
	h := history{}
	if r.Resume > 0 {
		h.lost = &plugin.Lost{Attempt: r.Resume}
	}
	for _, a := range attempts {
		switch {
		case a.Resumes == 0:
			h.tries++
		case a.Resumes == r.Resume:
			h.looks++
		}
		if h.lost == nil || a.Number != r.Resume && a.Resumes != r.Resume {
			continue
		}
		if a.Number == r.Resume {
			h.lost.StartedAt = a.StartedAt
		}
		if a.Checkpoint != nil { // also of one that looked before: it may have found more
			h.lost.Checkpoint = a.Checkpoint
		}
	}
	return h
}

// lookBack finds what earlier attempts mean for one that is about to be made. It
// returns false, and how the attempt ends, when it cannot do what it is for.
func (d *Dispatcher) lookBack(ctx context.Context, a *attempt) (run.Ending, bool) {
	resumes := a.crew.executor.Resumes(a.run.Action)
	var err error
	a.history, err = d.history(ctx, a.run, resumes)
	switch {
	case a.run.Resume == 0: // that its tries are not known is no reason not to make it
		return run.Ending{}, true
	case ctx.Err() != nil:
		return notCalled(ctx, a.run), false
	case err != nil:
		return run.Ending{Fault: run.FaultNoResult, Error: err.Error()}, false
	case !resumes:
		return cannotLook(run.NoCause, "its plugin does not do that any more"), false
	}
	return run.Ending{}, true
}

// notCalled is how an attempt ends that was over before its plugin was called:
// nothing was started.
func notCalled(ctx context.Context, r run.Run) run.Ending {
	cause, why := causeOf(ctx), context.Cause(ctx).Error()
	if r.Resume > 0 && cause != run.CauseHostStopping && cause != run.CauseLeaseLost {
		return cannotLook(cause, why)
	}
	return run.Ending{Status: run.StatusCancelled, Cause: cause, Error: why}
}

// cannotLook is how an attempt ends that was to look for a lost one, and cannot.
func cannotLook(cause run.Cause, why string) run.Ending {
	return run.Ending{Status: run.StatusLost, Cause: cause, Error: "the lost attempt could not be looked for: " + why}
}

// checkpointTimeout bounds how long an attempt waits for its checkpoint to be kept.
const checkpointTimeout = 5 * time.Second

// keepCheckpoint returns what keeps the checkpoints of an attempt. One that cannot be
// kept is no reason to end what the plugin does: it is only harder to find again.
func (d *Dispatcher) keepCheckpoint(ctx context.Context, a *attempt) func(json.RawMessage) {
	if d.opts.Queue == nil {
		return nil
	}
	return func(data json.RawMessage) {
		if err := d.checkpoint(ctx, a, data); err != nil {
			d.opts.Log.Warn("a checkpoint is not kept", "run", a.run.ID, "attempt", a.run.Attempts, "err", err)
		}
	}
}

func (d *Dispatcher) checkpoint(ctx context.Context, a *attempt, data json.RawMessage) error {
	if len(data) > store.MaxCheckpoint {
		return fmt.Errorf("it has %d bytes; %d are allowed", len(data), store.MaxCheckpoint)
	}
	// Also for an attempt that is being ended: what it started may outlive it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkpointTimeout)
	defer cancel()
	var kept bool
	err := d.insist(ctx, "keeping a checkpoint", func() (err error) {
		kept, err = d.opts.Queue.Checkpoint(ctx, store.Checkpoint{RunID: a.run.ID, Number: a.run.Attempts, HostID: a.hostID, Data: data})
		return err
	})
	if err == nil && !kept {
		return errors.New("the attempt is not this host's any more")
	}
	return err
}

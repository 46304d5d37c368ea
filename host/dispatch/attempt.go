package dispatch

import (
	"context"
	"fmt"
	"strings"
	"time"

	"butlerd/host/plugin"
	"butlerd/host/run"
	"butlerd/host/store"
	"butlerd/sdk/wire"
)

// attempt is an attempt being executed.
type attempt struct {
	pending
	crew     *crew
	cancel   context.CancelCauseFunc
	recorder *recorder
}

// begin executes an attempt whose start is recorded and whose slot is taken.
func (d *Dispatcher) begin(p pending) {
	ctx, cancel := context.WithCancelCause(context.Background())
	a := &attempt{pending: p, cancel: cancel, recorder: &recorder{write: d.opts.Ledger.Log, log: d.opts.Log}}
	d.mu.Lock()
	d.open[p.run.ID] = a
	a.crew = d.lane(p.job.Plugin).crew
	a.crew.join()
	if d.ending != nil {
		cancel(d.ending) // it was about to start as the others were asked to end
	}
	d.mu.Unlock()
	go d.execute(ctx, a)
}

// startWaiting starts a run that has waited and has a slot now.
func (d *Dispatcher) startWaiting(p pending) {
	at := time.Now().UTC()
	var started bool
	err := d.insist(d.asking, "starting an attempt", func() (err error) {
		started, err = d.opts.Ledger.Start(d.asking, store.AttemptStart{RunID: p.run.ID, Number: 1, HostID: d.opts.HostID, At: at})
		return err
	})
	if err != nil {
		d.giveUp(p)
	}
	if err != nil || !started {
		d.release(p.job.Plugin)
		return
	}
	p.run.State, p.run.StartedAt, p.run.Attempts = run.Running, at, 1
	d.begin(p)
}

// execute runs one attempt from its arguments to its entry in the ledger.
func (d *Dispatcher) execute(ctx context.Context, a *attempt) {
	ending := d.call(ctx, a)
	a.cancel(nil)
	d.end(a, ending)
	d.mu.Lock()
	delete(d.open, a.run.ID)
	a.crew.leave()
	d.mu.Unlock()
	d.release(a.job.Plugin)
}

// call executes the attempt and returns how it ended.
func (d *Dispatcher) call(ctx context.Context, a *attempt) run.Ending {
	if a.crew.executor == nil {
		return run.Ending{Fault: run.FaultPluginDown, Error: fmt.Sprintf("no plugin offers the action %q", a.run.Action)}
	}
	arguments, err := a.job.Bind(facts(a.run))
	if err != nil {
		return run.Ending{Fault: run.FaultArguments, Error: err.Error()}
	}
	call := callOf(a.run, arguments)
	if timeout := a.job.Definition.Timeout; timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, plugin.Cause{Cause: run.CauseTimeout})
		defer cancel()
		call.Deadline = time.Now().Add(timeout)
	}
	return a.crew.executor.Execute(ctx, call, a.recorder.add)
}

func facts(r run.Run) run.Facts {
	return run.Facts{
		RunID:        r.ID,
		ScheduleID:   r.ScheduleID,
		ScheduleName: r.ScheduleName,
		Trigger:      r.Trigger,
		Attempt:      r.Attempts,
		DueAt:        r.DueAt,
		StartedAt:    r.StartedAt,
	}
}

func callOf(r run.Run, arguments []byte) plugin.Call {
	return plugin.Call{
		Action:       r.Action,
		Arguments:    arguments,
		RunID:        r.ID,
		ScheduleID:   r.ScheduleID,
		ScheduleName: r.ScheduleName,
		Attempt:      r.Attempts,
		Trigger:      r.Trigger,
		DueAt:        r.DueAt,
		StartedAt:    r.StartedAt,
	}
}

// end records how an attempt ended.
func (d *Dispatcher) end(a *attempt, ending run.Ending) {
	state, reason := ending.Settle()
	record := store.AttemptEnd{
		RunID:   a.run.ID,
		Number:  a.run.Attempts,
		HostID:  d.opts.HostID,
		At:      time.Now().UTC(),
		State:   state,
		Reason:  reason,
		Summary: bounded(ending.Summary),
		Error:   bounded(errorText(ending, reason)),
		Result:  ending.Result,
	}
	a.recorder.finish(&record)
	counted, err := d.record(record)
	if err != nil && d.recording.Err() == nil {
		// The store refuses something that the plugin sent. That it ended counts more.
		d.opts.Log.Error("recording the end of an attempt without its log and result", "run", a.run.ID, "err", err)
		record.Entries, record.Result, record.Summary = nil, nil, ""
		counted, err = d.record(record)
	}
	switch {
	case err != nil:
		d.opts.Log.Error("the end of an attempt is not recorded; the next start calls it lost", "run", a.run.ID, "err", err)
		return
	case !counted:
		d.opts.Log.Error("the end of an attempt came too late: it is not this host's any more", "run", a.run.ID)
		return
	}
	r := a.run
	r.State, r.Reason, r.EndedAt = state, reason, record.At
	r.Summary, r.Error = record.Summary, record.Error
	d.tellEnd(r)
}

func (d *Dispatcher) record(end store.AttemptEnd) (counted bool, err error) {
	err = d.insist(d.recording, "recording the end of an attempt", func() (err error) {
		// Stopping bounds how often it is tried, not the try: the plugin has spoken.
		counted, err = d.opts.Ledger.End(context.WithoutCancel(d.recording), end)
		return err
	})
	return counted, err
}

// errorText is what went wrong in one line; empty for a success.
func errorText(e run.Ending, reason run.Reason) string {
	if e.Error != "" || reason == run.None {
		return e.Error
	}
	return reason.Text()
}

// bounded is text as every store takes it.
func bounded(text string) string {
	return wire.Text(strings.ReplaceAll(text, "\x00", "�"), store.MaxText)
}

// abandon ends a run that never got its slot.
func (d *Dispatcher) abandon(p pending, state run.State, reason run.Reason) error {
	at := time.Now().UTC()
	done, err := d.opts.Ledger.Abandon(context.WithoutCancel(d.recording), store.Abandon{
		RunID: p.run.ID, At: at, State: state, Reason: reason, Error: reason.Text(),
	})
	if err != nil {
		return err
	}
	if !done {
		return nil
	}
	r := p.run
	r.State, r.Reason, r.EndedAt, r.Error = state, reason, at, reason.Text()
	d.tellEnd(r)
	return nil
}

// giveUp abandons a run that a stopping host will not start. One that cannot be
// recorded now is recorded by the next host that starts.
func (d *Dispatcher) giveUp(p pending) {
	if err := d.abandon(p, run.Cancelled, run.ReasonNeverStarted); err != nil {
		d.opts.Log.Error("recording that a run was not started", "run", p.run.ID, "err", err)
	}
}

// tellEnd logs the end of a run in one line.
func (d *Dispatcher) tellEnd(r run.Run) {
	d.opts.Observer.Ended(r)
	args := []any{"run", r.ID, "schedule", r.ScheduleID, "outcome", r.State}
	if !r.StartedAt.IsZero() {
		args = append(args, "took", r.EndedAt.Sub(r.StartedAt).Round(time.Millisecond))
	}
	if r.Summary != "" {
		args = append(args, "summary", r.Summary)
	}
	if r.State == run.Succeeded {
		d.opts.Log.Info("run ended", args...)
		return
	}
	args = append(args, "reason", r.Reason)
	if r.Error != r.Summary {
		args = append(args, "err", r.Error)
	}
	d.opts.Log.Warn("run ended", args...)
}

package dispatch

import (
	"context"
	"errors"
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
	a := &attempt{pending: p, cancel: cancel, recorder: d.recorder(p.hostID)}
	d.mu.Lock()
	d.open[p.run.ID] = a
	a.crew = d.lane(p.job.Plugin).crew
	a.crew.join()
	if d.ending != nil {
		cancel(d.ending) // it was about to start as the others were asked to end
	}
	if _, asked := d.cancelled[p.run.ID]; asked {
		cancel(plugin.Cause{Cause: run.CauseCancelled})
	}
	d.mu.Unlock()
	if id, ok := d.opts.Lease.Held(); !ok || id != p.hostID {
		cancel(plugin.Cause{Cause: run.CauseLeaseLost}) // it is another host's to settle by now
	}
	go d.execute(ctx, a)
}

func (d *Dispatcher) recorder(hostID string) *recorder {
	write := func(ctx context.Context, entries []run.LogEntry) error {
		return d.opts.Ledger.Log(ctx, hostID, entries)
	}
	return &recorder{write: write, log: d.opts.Log}
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
	d.release(a.job.Plugin, 1)
}

// call executes the attempt and returns how it ended.
func (d *Dispatcher) call(ctx context.Context, a *attempt) run.Ending {
	if ctx.Err() != nil { // nothing was started
		return run.Ending{Status: run.StatusCancelled, Cause: causeOf(ctx), Error: context.Cause(ctx).Error()}
	}
	if a.crew.executor == nil {
		return run.Ending{Fault: run.FaultPluginDown, Error: fmt.Sprintf("no plugin offers the action %q", a.run.Action)}
	}
	arguments, err := a.job.Bind(facts(a.run))
	if errors.Is(err, errRemoved) {
		return run.Ending{Status: run.StatusCancelled, Cause: run.CauseScheduleRemoved}
	}
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

// errRemoved is what binding the arguments of a schedule gives that is not there
// any more.
var errRemoved = errors.New("the schedule was removed")

func causeOf(ctx context.Context) run.Cause {
	var c plugin.Cause
	errors.As(context.Cause(ctx), &c)
	return c.Cause
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
		HostID:  a.hostID,
		At:      d.now(),
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
		d.mu.Lock()
		if d.unrecorded == nil {
			d.unrecorded = map[string]bool{}
		}
		d.unrecorded[a.run.ID] = true
		d.mu.Unlock()
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
	unsure := false
	err = d.insist(d.recording, "recording the end of an attempt", func() (err error) {
		// Stopping bounds how often it is tried, not the try: the plugin has spoken.
		ctx := context.WithoutCancel(d.recording)
		if counted, err = d.opts.Ledger.End(ctx, end); err == nil && !counted && unsure {
			counted, err = d.isRecorded(ctx, end)
		}
		unsure = unsure || err != nil
		return err
	})
	return counted, err
}

// isRecorded says whether an end is in the ledger: an earlier try may have been
// made of which only the answer was lost.
func (d *Dispatcher) isRecorded(ctx context.Context, end store.AttemptEnd) (bool, error) {
	_, attempts, err := d.opts.Ledger.Run(ctx, end.RunID)
	if err != nil {
		return false, err
	}
	for _, a := range attempts {
		if a.Number == end.Number && a.HostID == end.HostID {
			return a.State == end.State && a.EndedAt.Equal(end.At.Truncate(time.Microsecond)), nil
		}
	}
	return false, nil
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

// Tell logs and counts runs that were ended in the ledger.
func (d *Dispatcher) Tell(ended []run.Run) {
	for _, r := range ended {
		d.tellEnd(r)
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

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
	history  history // read as the plugin is called
	// guarded by the dispatcher's mutex
	asked    run.Cause // why its run is to end, as it was asked for first
	accepted bool      // what it asks for was accepted
	placed   bool      // it has one of the places of attempts without a slot
}

// begin executes an attempt whose start is recorded and whose slot is taken.
func (d *Dispatcher) begin(p pending) {
	ctx, cancel := context.WithCancelCause(context.Background())
	a := &attempt{pending: p, cancel: cancel, recorder: d.recorder(p.hostID), placed: p.direct}
	a.history.tries = p.run.Attempts // until it is read, or when it never is: there is no plugin
	d.mu.Lock()
	d.open[p.run.ID] = a
	a.crew = d.lane(p.job.Plugin).crew
	a.crew.join()
	if d.ending != nil {
		cancel(d.ending) // it was about to start as the others were asked to end
	}
	if asked, ok := d.asked[p.run.ID]; ok {
		delete(d.asked, p.run.ID)
		if time.Since(asked.at) <= askedMemory {
			a.asked = asked.cause
			cancel(plugin.Cause{Cause: asked.cause})
		}
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
	again := d.end(a, ending)
	d.mu.Lock()
	asked := a.asked
	if d.open[a.run.ID] == a { // the next attempt of its run may have begun by now
		delete(d.open, a.run.ID)
	}
	a.crew.leave()
	d.vacate(a)
	d.mu.Unlock()
	if a.direct {
		d.running.Done()
	} else {
		d.release(a.job.Plugin, 1)
	}
	d.wakeAfter(a)
	if again && asked != run.NoCause {
		d.endAsked(a.run.ID, asked) // it was asked for as the ledger had another attempt follow
	}
}

// call executes the attempt and returns how it ended.
func (d *Dispatcher) call(ctx context.Context, a *attempt) run.Ending {
	if ctx.Err() != nil {
		return notCalled(ctx, a.run)
	}
	if a.crew.executor == nil {
		return run.Ending{Fault: run.FaultPluginDown, Error: fmt.Sprintf("no plugin offers the action %q", a.run.Action)}
	}
	if ending, ok := d.lookBack(ctx, a); !ok {
		return ending
	}
	facts, err := d.facts(ctx, a.run)
	if err != nil {
		return run.Ending{Fault: run.FaultArguments, Error: err.Error()}
	}
	arguments, err := a.job.Bind(facts)
	if errors.Is(err, errRemoved) {
		return run.Ending{Status: run.StatusCancelled, Cause: run.CauseScheduleRemoved}
	}
	if err != nil {
		return run.Ending{Fault: run.FaultArguments, Error: err.Error()}
	}
	call := callOf(a.run, arguments)
	call.Lost, call.Checkpoint = a.history.lost, d.keepCheckpoint(ctx, a)
	call.Accepted = func() { d.accept(a) }
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

// facts are what the arguments of a run may refer to.
func (d *Dispatcher) facts(ctx context.Context, r run.Run) (run.Facts, error) {
	parent, err := d.parent(ctx, r)
	return run.Facts{
		Parent:       parent,
		RunID:        r.ID,
		ScheduleID:   r.ScheduleID,
		ScheduleName: r.ScheduleName,
		Trigger:      r.Trigger,
		Attempt:      r.Attempts,
		DueAt:        r.DueAt,
		StartedAt:    r.StartedAt,
	}, err
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

// end records how an attempt ended, and with it whether another one follows. It
// returns whether one does.
func (d *Dispatcher) end(a *attempt, ending run.Ending) (again bool) {
	state, reason := settle(ending, a.run.Resume > 0)
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
	record.Again = d.again(a, ending, state, reason, record.At)
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
		return false
	case !counted:
		d.opts.Log.Error("the end of an attempt came too late: it is not this host's any more", "run", a.run.ID)
		return false
	}
	d.tellRecorded(a.run, record)
	return record.Again != nil
}

// again decides whether another attempt follows, by the policy in force now.
func (d *Dispatcher) again(a *attempt, ending run.Ending, state run.State, reason run.Reason, at time.Time) *store.Again {
	if d.opts.Queue == nil {
		return nil // nobody would have it taken when its time has come
	}
	if d.askedToEnd(a) {
		return nil // also when the action ended by itself before it heard of that
	}
	job, inForce := d.jobOf(a.run)
	o := outcome{
		state: state, reason: reason, ending: ending, inForce: inForce,
		resumes: d.resumes(a.run.Plugin, a.run.Action),
		tries:   a.history.tries, looks: a.history.looks,
	}
	if o.retry = retryOf(job.Definition); d.retriesAsStep(a) {
		o.retry = stepRetry()
	}
	if o.looks == 0 && a.run.Resume > 0 {
		o.looks = 1 // its history could not be read
	}
	again := o.again(at)
	if again != nil {
		again.MaxWait = d.poolsNow().pools[a.run.Pool].MaxWait
	}
	return again
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

// Tell logs and counts runs whose hosts are gone: they have ended, or wait for
// another attempt, which is taken when its time has come.
func (d *Dispatcher) Tell(settled []run.Run) {
	for _, r := range settled {
		if !r.State.Open() {
			d.tellEnd(r)
			continue
		}
		d.opts.Log.Warn("an attempt was lost, another one follows", append(about(r), "ready", r.ReadyAt, "looks", r.Resume > 0)...)
		d.await(r)
	}
}

// tellRecorded tells what the end of an attempt meant for its run.
func (d *Dispatcher) tellRecorded(r run.Run, end store.AttemptEnd) {
	if end.Again != nil {
		d.opts.Log.Warn("attempt ended, another one follows", append(about(r), "attempt", end.Number,
			"outcome", end.State, "reason", end.Reason, "err", end.Error, "ready", end.Again.ReadyAt, "looks", end.Again.Resume)...)
		d.alarm.set(end.Again.ReadyAt)
		return
	}
	r.State, r.Reason, r.EndedAt = end.State, end.Reason, end.At
	r.Summary, r.Error = end.Summary, end.Error
	d.tellEnd(r)
}

// about tells which run a line of the log is about.
func about(r run.Run) []any {
	if r.Work != nil {
		return []any{"run", r.ID, "action", r.Action}
	}
	return []any{"run", r.ID, "schedule", r.ScheduleID}
}

// tellEnd logs the end of a run in one line.
func (d *Dispatcher) tellEnd(r run.Run) {
	d.toFollow()
	d.tellWaits(r.ID)
	d.opts.Observer.Ended(r)
	args := append(about(r), "outcome", r.State)
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

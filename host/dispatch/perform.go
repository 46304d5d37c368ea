package dispatch

import (
	"context"
	"errors"
	"fmt"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// Ask is work that is asked for over the API and belongs to no schedule.
type Ask struct {
	Action string
	// Work may leave the plugins of what is to follow open: they are looked up.
	Work run.Work
	By   string // who asks
	Key  string // the same key gives the same run; empty: always a new one
	// Until says how far the caller waits for it.
	Until Milestone
}

// Milestone is how far somebody waits for a run.
type Milestone int

// The milestones.
const (
	UntilEnded    Milestone = iota // until the run has ended
	UntilAccepted                  // until what it asks for was accepted by whoever does it, or it has ended
)

// Performed is what became of an Ask as far as it was waited for.
type Performed struct {
	Run run.Run
	// Accepted says that what was asked for was accepted. A run that succeeded was,
	// too. Of a run that goes on on another host it is not known before its end.
	Accepted bool
	// Result of the attempt that ended the run; nil: none, or it has not ended.
	Result []byte
}

// ErrBusy is returned when too many runs that were asked for over the API are
// open already. They take no slots of their plugins: who asks waits for an answer.
var ErrBusy = errors.New("too many runs are open that were asked for over the API")

// ErrNoAction is returned for an action that no plugin of this host offers.
var ErrNoAction = errors.New("no plugin of this host offers the action")

// ErrDraining is returned for work that is asked of a host which is to start nothing.
var ErrDraining = errors.New("the host is draining and starts nothing: ask another host")

// maxAsked is how many attempts without a slot this host executes at a time, without
// those that were accepted: nobody waits for these, and they may go on for hours.
const maxAsked = 100

// Perform makes a run of no schedule, starts it at once, and waits until its
// milestone or until ctx is done: the run goes on then, and Performed says how far
// it had come. It is recorded in the ledger as any run is. The run takes no slot and
// no pool, as its caller cannot wait for one; there are at most maxAsked of them.
// No hold keeps it from running: holds are of schedules, and somebody asks for it now.
//
// When its attempt is lost, and the action resumes, another attempt looks for it, on
// whichever host, with a slot like any other; nothing else is tried again. A host
// that stops sets the caller free with ErrStopping and what is known by then.
func (d *Dispatcher) Perform(ctx context.Context, a Ask) (Performed, error) {
	w, err := d.workOf(a)
	if err != nil {
		return Performed{}, err
	}
	r, wait, err := d.startWork(ctx, a, w)
	if err != nil {
		return Performed{}, err
	}
	defer d.leave(wait)
	return d.awaitMilestone(ctx, wait, Performed{Run: r}, a.Until)
}

// workOf is the work of an ask, with the plugins of all that follows it.
func (d *Dispatcher) workOf(a Ask) (run.Work, error) {
	w := a.Work
	if err := checkWork(w); err != nil {
		return run.Work{}, fmt.Errorf("performing %q: %w", a.Action, err)
	}
	for _, list := range []*[]run.Next{&w.OnSuccess, &w.OnFailure} {
		named := make([]run.Next, len(*list)) // the caller's is left as it is
		for i, next := range *list {
			if next.Plugin = d.opts.PluginOf(next.Action); next.Plugin == "" {
				return run.Work{}, fmt.Errorf("action %q: %w", next.Action, ErrNoAction)
			}
			named[i] = next
		}
		*list = named
	}
	return w, nil
}

// startWork makes the run of an ask and begins it. The run is an earlier one when
// its key is known already, and may have ended.
func (d *Dispatcher) startWork(ctx context.Context, a Ask, w run.Work) (r run.Run, wait *wait, err error) {
	plugin := d.opts.PluginOf(a.Action)
	if plugin == "" {
		return r, nil, fmt.Errorf("action %q: %w", a.Action, ErrNoAction)
	}
	hostID, held := d.opts.Lease.Held()
	if !held {
		return r, nil, store.ErrFenced
	}
	if err := d.admitAsked(); err != nil {
		return r, nil, err
	}
	d.handing.RLock()
	defer d.handing.RUnlock()
	now := d.now()
	asked := run.Run{
		ID: newRunID(), Trigger: run.ByAPI, By: a.By, IdempotencyKey: a.Key, DueAt: now, CreatedAt: now,
		Action: a.Action, Plugin: plugin, Work: &w,
	}
	r, made, err := d.opts.Ledger.Trigger(ctx, store.Trigger{Run: asked, HostID: hostID, Start: true, Policy: d.workPolicy(plugin, a.Action, w)})
	if err != nil {
		d.releaseAsked()
		d.disown(asked.ID, err)
		return r, nil, err
	}
	wait = d.waitFor(r.ID) // before it begins: its end may be told of at once
	if !made {
		d.releaseAsked()
		d.own(r.ID)
		return r, wait, nil
	}
	d.opts.Log.Info("run asked for", "run", r.ID, "action", r.Action, "by", a.By)
	d.begin(pending{run: r, job: d.workJob(r), hostID: hostID, direct: true})
	return r, wait, nil
}

// workPolicy is policy for a run of no schedule.
func (d *Dispatcher) workPolicy(plugin, action string, w run.Work) store.Policy {
	p := store.Policy{Overlap: schedule.OverlapAllow, Follow: len(w.OnSuccess)+len(w.OnFailure) > 0}
	if d.resumes(plugin, action) {
		p.OnLost = store.OnLostResume
	}
	return p
}

// workJob is what a run of no schedule executes: the run itself says so.
func (d *Dispatcher) workJob(r run.Run) Job {
	return Job{
		Definition: schedule.Definition{
			Overlap: schedule.OverlapAllow, Timeout: r.Work.Timeout,
			Action: schedule.Action{Type: r.Action, Arguments: r.Work.Arguments},
		},
		Plugin: r.Plugin,
		Here:   d.has(r.Plugin),
		Bind:   func(run.Facts) ([]byte, error) { return r.Work.Arguments, d.permitted(r) },
	}
}

// permitted says why a follow-up of no schedule may not be started any more: hours may
// have passed since it was asked for. One that looks for a lost attempt starts nothing.
func (d *Dispatcher) permitted(r run.Run) error {
	if r.ParentID == "" || r.Resume > 0 || d.opts.Permit == nil {
		return nil
	}
	return d.opts.Permit(r.Action, r.Work.Arguments)
}

// has says whether a plugin is this host's.
func (d *Dispatcher) has(plugin string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lanes[plugin]
	return l != nil && l.crew.executor != nil
}

// admitAsked counts an attempt in that takes no slot. It is waited for by Stop, as
// those with one are.
func (d *Dispatcher) admitAsked() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.stopping:
		return ErrStopping
	case d.draining:
		return ErrDraining
	case d.direct >= maxAsked:
		return ErrBusy
	}
	d.direct++
	d.running.Add(1)
	return nil
}

// releaseAsked takes back what admitAsked did, when no attempt was begun.
func (d *Dispatcher) releaseAsked() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.direct--
	d.running.Done()
}

// vacate gives back an attempt's place among those that take no slot, once. It is
// waited for by Stop all the same. The caller holds d.mu.
func (d *Dispatcher) vacate(a *attempt) {
	if a.placed {
		a.placed = false
		d.direct--
	}
}

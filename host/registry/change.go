package registry

import (
	"context"
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// Create makes a schedule over the API. The error wraps ErrInvalid with what is
// wrong with it, or store.ErrExists.
func (r *Registry) Create(ctx context.Context, d schedule.Definition, by string) (store.Schedule, error) {
	if d.Timing().Never() { // one that others start is declared where they are: in a file
		return store.Schedule{}, fmt.Errorf("%w: %w", ErrInvalid, &schedule.ParseError{Reason: "empty expression"})
	}
	if _, err := r.opts.Specs.Get(d.Timing()); err != nil {
		return store.Schedule{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	defer r.lock()()
	s := store.Schedule{Definition: d, Source: store.SourceAPI, Started: d.Startup != schedule.StartupStopped}
	made, err := r.change(ctx, []store.Change{{Kind: store.Create, Schedule: s, By: by}})
	if err != nil {
		return store.Schedule{}, err
	}
	return made[0], nil
}

// Delete removes a schedule that was made over the API. Runs that are open go
// on. The error is a *FileOwnedError for one that a file declares, and wraps
// store.ErrNotFound for one that is not there.
func (r *Registry) Delete(ctx context.Context, id, by string) error {
	defer r.lock()()
	return r.insist(ctx, func() error {
		e, err := r.find(id)
		if err != nil {
			return err
		}
		if e.Source == store.SourceFile {
			return &FileOwnedError{ID: id, Origin: e.Origin}
		}
		_, err = r.change(ctx, []store.Change{{Kind: store.Delete, Schedule: e.Schedule, Base: e.Version, By: by}})
		return err
	})
}

// SetStarted starts or stops a schedule and returns it as it is now. One that is
// as asked already is left as it is.
func (r *Registry) SetStarted(ctx context.Context, id string, started bool, by string) (s store.Schedule, err error) {
	defer r.lock()()
	err = r.insist(ctx, func() error {
		e, err := r.find(id)
		if err != nil || e.Started == started {
			s = e.Schedule
			return err
		}
		now, err := r.change(ctx, []store.Change{switched(e, started, by)})
		if err == nil {
			s = now[0]
		}
		return err
	})
	if err != nil {
		return store.Schedule{}, err
	}
	return s, nil
}

// SetAllStarted starts or stops all schedules, in one transaction.
func (r *Registry) SetAllStarted(ctx context.Context, started bool, by string) error {
	defer r.lock()()
	return r.insist(ctx, func() error {
		var changes []store.Change
		for _, e := range r.snapshot() {
			if e.Started != started {
				changes = append(changes, switched(*e, started, by))
			}
		}
		_, err := r.change(ctx, changes)
		return err
	})
}

// lock keeps a change and a replacement of the files' schedules apart, and with
// neighbours also changes from one another: each may have to take over theirs.
func (r *Registry) lock() (unlock func()) {
	if r.opts.Neighbours != nil {
		r.reloading.Lock()
		return r.reloading.Unlock
	}
	r.reloading.RLock()
	return r.reloading.RUnlock
}

func (r *Registry) now() time.Time { return r.opts.Now().UTC() }

func switched(e entry, started bool, by string) store.Change {
	s := e.Schedule
	s.Started = started
	return store.Change{Kind: store.Update, Schedule: s, Base: e.Version, By: by}
}

func (r *Registry) find(id string) (entry, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if e := r.entries[id]; e != nil {
		return *e, nil
	}
	return entry{}, fmt.Errorf("schedule %q: %w", id, store.ErrNotFound)
}

func (r *Registry) snapshot() map[string]*entry {
	r.mu.RLock()
	defer r.mu.RUnlock()
	all := make(map[string]*entry, len(r.entries))
	for id, e := range r.entries {
		all[id] = e
	}
	return all
}

// change makes changes in the store, then in memory and in the engine. They take
// effect at one instant; what was due until then belongs to the old versions.
func (r *Registry) change(ctx context.Context, changes []store.Change) ([]store.Schedule, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	at := r.now()
	for i := range changes {
		r.date(&changes[i], at)
	}
	now, err := r.opts.Store.Change(ctx, changes)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, c := range changes {
		switch {
		case c.Kind == store.Delete:
			// One of the same id may have been made since, and got here before.
			if e := r.entries[c.Schedule.ID]; e != nil && e.Version <= now[i].Version {
				r.drop(c.Schedule.ID)
			}
		case c.Kind == store.Update && r.entries[c.Schedule.ID] == nil:
			// Deleted after this change was stored, and before it got here.
		default:
			r.put(now[i], at)
		}
	}
	return now, nil
}

// date lets a change take effect at an instant.
func (r *Registry) date(c *store.Change, at time.Time) {
	c.At = at
	if r.opts.Neighbours == nil {
		c.Base = 0 // all changes are this host's: the last one counts
	}
	if c.Kind == store.Create {
		c.Schedule.CreatedAt = at
		return
	}
	c.Settle = r.unsettled(c.Schedule.ID, at)
}

// unsettled are the instants of a schedule that came due by at and may not be
// claimed yet: the timer may be a moment late, and claims may wait for the store.
// Claims that come later find them settled, with the outcome that they would have
// had. Nobody else would settle them if this host were killed now: the hosts that
// are left know what is in force, and may never have heard of what ends here.
func (r *Registry) unsettled(id string, at time.Time) []run.Firing {
	e, err := r.find(id)
	if err != nil || !e.Started {
		return nil
	}
	var firings []run.Firing
	for due := r.pending(e); !due.IsZero() && !due.After(at); due = e.spec.Next(due) {
		firings = append(firings, run.Firing{
			ScheduleID: id,
			DueAt:      due.UTC(),
			Outcome:    run.Skipped,
			Reason:     run.ReasonStopped,
			Version:    e.Version,
			SettledAt:  at,
		})
	}
	return firings
}

// pending is the first instant that a version owes and that may not be settled.
func (r *Registry) pending(e entry) time.Time {
	if e.spec == nil {
		return time.Time{}
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	since, foreign := r.foreign[e.ID]
	if !foreign {
		due, ok := r.open(e.ID)
		if !ok || due.After(e.Since) {
			return due
		}
		return e.spec.Next(e.Since)
	}
	// It is for other hosts to claim. What they have not done in time is settled as
	// far as it is swept.
	if swept := r.opts.Swept(e.ID); swept.After(since) {
		since = swept
	}
	if e.Since.After(since) {
		since = e.Since
	}
	return e.spec.Next(since)
}

// open is the first instant of a schedule that this host may not have claimed. A
// claim that waits counts as made where there are no other hosts: when this one is
// killed, its next start settles all that it left.
func (r *Registry) open(id string) (time.Time, bool) {
	if r.opts.Neighbours == nil {
		return r.opts.Engine.Next(id)
	}
	return r.opts.Engine.Open(id)
}

// put makes s the version in force, unless a newer one is. The caller holds
// r.mu.
func (r *Registry) put(s store.Schedule, after time.Time) {
	old := r.entries[s.ID]
	e := &entry{Schedule: s}
	switch {
	case old == nil:
		r.serial++
		e.serial = r.serial
	case old.Version > s.Version:
		return
	default:
		e.serial = old.serial
	}
	if s.Source == store.SourceFile {
		e.declared = r.files[s.ID]
	}
	spec, err := r.opts.Specs.Get(s.Timing())
	if err != nil {
		// Checked before it was stored; a store from another build may differ.
		r.opts.Log.Error("schedule cannot fire", "schedule", s.ID, "err", err)
		e.Started = false
	}
	e.spec = spec
	if spec != nil {
		after = after.Add(-spec.Jitter()) // of what was due before, the delay may not be over
	}
	if s.Since.After(after) {
		after = s.Since // the clock was behind as this host started; this version owes nothing before
	}
	r.place(e, after)
}

// drop takes a schedule out of force. The caller holds r.mu.
func (r *Registry) drop(id string) {
	delete(r.entries, id)
	delete(r.foreign, id)
	r.opts.Engine.Remove(id)
	r.opts.Dropped(id)
}

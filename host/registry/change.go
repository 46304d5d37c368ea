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
	if _, err := r.opts.Specs.Get(d.Cron, d.Timezone); err != nil {
		return store.Schedule{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	r.reloading.RLock()
	defer r.reloading.RUnlock()
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
	r.reloading.RLock()
	defer r.reloading.RUnlock()
	e, err := r.find(id)
	if err != nil {
		return err
	}
	if e.declared != nil {
		return &FileOwnedError{ID: id, Origin: e.Origin}
	}
	_, err = r.change(ctx, []store.Change{{Kind: store.Delete, Schedule: e.Schedule, By: by}})
	return err
}

// SetStarted starts or stops a schedule and returns it as it is now. One that is
// as asked already is left as it is.
func (r *Registry) SetStarted(ctx context.Context, id string, started bool, by string) (store.Schedule, error) {
	r.reloading.RLock()
	defer r.reloading.RUnlock()
	e, err := r.find(id)
	if err != nil || e.Started == started {
		return e.Schedule, err
	}
	now, err := r.change(ctx, []store.Change{switched(e, started, by)})
	if err != nil {
		return store.Schedule{}, err
	}
	return now[0], nil
}

// SetAllStarted starts or stops all schedules, in one transaction.
func (r *Registry) SetAllStarted(ctx context.Context, started bool, by string) error {
	r.reloading.RLock()
	defer r.reloading.RUnlock()
	var changes []store.Change
	for _, e := range r.snapshot() {
		if e.Started != started {
			changes = append(changes, switched(*e, started, by))
		}
	}
	_, err := r.change(ctx, changes)
	return err
}

func switched(e entry, started bool, by string) store.Change {
	s := e.Schedule
	s.Started = started
	return store.Change{Kind: store.Update, Schedule: s, By: by}
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
	at := time.Now().UTC()
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
			r.drop(c.Schedule.ID)
		case c.Kind == store.Update && r.entries[c.Schedule.ID] == nil:
			// Deleted after this change was stored, and before it got here.
		default:
			r.put(now[i], nil, at)
		}
	}
	return now, nil
}

// date lets a change take effect at an instant.
func (r *Registry) date(c *store.Change, at time.Time) {
	c.At = at
	if c.Kind == store.Create {
		c.Schedule.CreatedAt = at
		return
	}
	c.Settle = r.unsettled(c.Schedule.ID, at)
}

// unsettled are the instants of a schedule that came due by at and that the
// engine has not handed out: the timer may be a moment late.
func (r *Registry) unsettled(id string, at time.Time) []run.Firing {
	e, err := r.find(id)
	if err != nil || !e.Started {
		return nil
	}
	var firings []run.Firing
	due, ok := r.opts.Engine.Next(id)
	for ; ok && !due.IsZero() && !due.After(at); due = e.spec.Next(due) {
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

// put makes s the version in force, unless a newer one is. The caller holds
// r.mu.
func (r *Registry) put(s store.Schedule, declared *Declared, after time.Time) {
	old := r.entries[s.ID]
	e := &entry{Schedule: s, declared: declared}
	switch {
	case old == nil:
		r.serial++
		e.serial = r.serial
	case old.Version > s.Version:
		return
	default:
		e.serial = old.serial
		if declared == nil {
			e.declared = old.declared
		}
	}
	spec, err := r.opts.Specs.Get(s.Cron, s.Timezone)
	if err != nil {
		// Checked before it was stored; a store from another build may differ.
		r.opts.Log.Error("schedule cannot fire", "schedule", s.ID, "err", err)
		e.Started = false
	}
	e.spec = spec
	r.entries[s.ID] = e
	if s.Since.After(after) {
		after = s.Since // the clock was behind as this host started; this version owes nothing before
	}
	if e.Started {
		r.opts.Engine.Set(s.ID, spec, after)
		return
	}
	r.opts.Engine.Remove(s.ID)
}

// drop takes a schedule out of force. The caller holds r.mu.
func (r *Registry) drop(id string) {
	delete(r.entries, id)
	r.opts.Engine.Remove(id)
	r.opts.Dropped(id)
}

package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"butlerd/host/schedule"
	"butlerd/host/store"
)

// Diff says what a reload did to the schedules that files declare, by id.
type Diff struct {
	Added     []string `json:"added"`
	Changed   []string `json:"changed"`
	Removed   []string `json:"removed"`
	Unchanged int      `json:"unchanged"`
}

// ConflictError is returned when a file declares an id that a schedule made over
// the API has.
type ConflictError struct{ ID, Origin string }

// Error implements error.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s: the schedule id %q is taken by a schedule made over the API: choose another id, or delete that one", e.Origin, e.ID)
}

// Load takes up the schedules of the store and of the files at a host's start.
// It applies their startup states. What fires first is due after now.
func (r *Registry) Load(ctx context.Context, declared []*Declared, now time.Time) error {
	r.reloading.Lock()
	defer r.reloading.Unlock()
	stored, err := r.opts.Store.Schedules(ctx)
	if err != nil {
		return fmt.Errorf("reading the schedules: %w", err)
	}
	r.mu.Lock()
	for _, s := range stored {
		r.serial++
		r.entries[s.ID] = &entry{Schedule: s, serial: r.serial}
	}
	r.mu.Unlock()
	_, err = r.replace(ctx, declared, atStart, now)
	return err
}

// Reload replaces the schedules that files declare, all or none. Schedules whose
// expression and zone stay the same keep their timers; runs that are open go on
// as they began.
func (r *Registry) Reload(ctx context.Context, declared []*Declared) (Diff, error) {
	r.reloading.Lock()
	defer r.reloading.Unlock()
	return r.replace(ctx, declared, atReload, time.Now().UTC())
}

// moment tells a host's start, where startup states apply, from a reload, where
// schedules keep the state they have.
type moment int

const (
	atStart moment = iota
	atReload
)

// started is the state that a schedule in force takes on.
func (m moment) started(startup schedule.Startup, was bool) bool {
	if m == atReload || startup == schedule.StartupLast {
		return was
	}
	return startup == schedule.StartupStarted
}

// replace brings the registry and the store from the schedules in force to the
// declared ones. The caller holds r.reloading.
func (r *Registry) replace(ctx context.Context, declared []*Declared, m moment, after time.Time) (Diff, error) {
	plan, err := r.plan(declared, m)
	if err != nil {
		return Diff{}, err
	}
	for i := range plan.changes {
		r.date(&plan.changes[i], after)
	}
	now := []store.Schedule{}
	if len(plan.changes) > 0 {
		if now, err = r.opts.Store.Change(ctx, plan.changes); err != nil {
			return Diff{}, fmt.Errorf("storing the schedules: %w", err)
		}
	}
	r.apply(plan, now, after)
	return plan.diff, nil
}

func (r *Registry) apply(plan plan, now []store.Schedule, after time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, c := range plan.changes {
		if c.Kind == store.Delete {
			r.drop(c.Schedule.ID)
			continue
		}
		now[i].Origin = c.Schedule.Origin
		r.put(now[i], plan.declared[c.Schedule.ID], after)
	}
	for _, s := range plan.kept {
		r.put(s, plan.declared[s.ID], after)
	}
}

// plan is what a replacement does.
type plan struct {
	changes  []store.Change
	kept     []store.Schedule // no new version; the binding may be new
	declared map[string]*Declared
	diff     Diff
}

func (r *Registry) plan(declared []*Declared, m moment) (plan, error) {
	p := plan{
		declared: make(map[string]*Declared, len(declared)),
		diff:     Diff{Added: []string{}, Changed: []string{}, Removed: []string{}},
	}
	entries := r.snapshot()
	for _, d := range declared {
		p.declared[d.ID] = d
		e := entries[d.ID]
		if e != nil && e.Source == store.SourceAPI {
			return plan{}, &ConflictError{ID: d.ID, Origin: d.Origin}
		}
		p.declare(d, e, m)
	}
	undeclared := make([]*entry, 0, len(entries))
	for id, e := range entries {
		if p.declared[id] == nil {
			undeclared = append(undeclared, e)
		}
	}
	slices.SortFunc(undeclared, func(a, b *entry) int { return int(a.serial - b.serial) })
	for _, e := range undeclared {
		p.leave(e, m)
	}
	return p, nil
}

// declare plans for a schedule that a file declares; e is the one in force.
func (p *plan) declare(d *Declared, e *entry, m moment) {
	s := store.Schedule{Definition: d.Definition, Source: store.SourceFile, Origin: d.Origin}
	if e == nil {
		s.Started = d.Startup != schedule.StartupStopped
		p.changes = append(p.changes, store.Change{Kind: store.Create, Schedule: s, By: d.Origin})
		p.diff.Added = append(p.diff.Added, d.ID)
		return
	}
	s.Started = m.started(d.Startup, e.Started)
	same := sameDefinition(e.Definition, d.Definition)
	if same && s.Started == e.Started {
		kept := e.Schedule
		kept.Origin = d.Origin
		p.kept = append(p.kept, kept)
	} else {
		p.changes = append(p.changes, store.Change{Kind: store.Update, Schedule: s, By: d.Origin})
	}
	if same && (e.declared == nil || e.declared.Fingerprint == d.Fingerprint) {
		p.diff.Unchanged++
		return
	}
	p.diff.Changed = append(p.diff.Changed, d.ID)
}

// leave plans for a schedule that no file declares: one of a file's is removed,
// one made over the API takes on its startup state.
func (p *plan) leave(e *entry, m moment) {
	if e.Source == store.SourceFile {
		p.changes = append(p.changes, store.Change{Kind: store.Delete, Schedule: e.Schedule, By: e.Origin})
		p.diff.Removed = append(p.diff.Removed, e.ID)
		return
	}
	s := e.Schedule
	s.Started = m.started(e.Startup, e.Started)
	if s.Started == e.Started {
		p.kept = append(p.kept, s)
		return
	}
	p.changes = append(p.changes, store.Change{Kind: store.Update, Schedule: s, By: "startup_state"})
}

// sameDefinition compares by meaning: two definitions equal as JSON mean the
// same.
func sameDefinition(a, b schedule.Definition) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

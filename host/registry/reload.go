package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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

// Start is how a registry takes up its schedules at a host's start.
type Start struct {
	// Alone says that no other host was there: startup states apply.
	Alone bool
	Now   time.Time
	// After is the last instant that is settled: what fires first is due after it.
	After time.Time
}

// Load takes up the schedules of the store and of the files at a host's start.
func (r *Registry) Load(ctx context.Context, declared []*Declared, start Start) error {
	r.reloading.Lock()
	defer r.reloading.Unlock()
	if err := r.stored(ctx, start.After); err != nil {
		return err
	}
	m := atReload // a host that joins others takes their schedules as they are
	if start.Alone {
		m = atStart
	}
	return r.insist(ctx, func() error {
		_, err := r.replace(ctx, declared, m, start)
		return err
	})
}

// Reload replaces the schedules that files declare, all or none. Schedules whose
// expression and zone stay the same keep their timers; runs that are open go on
// as they began.
func (r *Registry) Reload(ctx context.Context, declared []*Declared) (diff Diff, err error) {
	r.reloading.Lock()
	defer r.reloading.Unlock()
	err = r.insist(ctx, func() error {
		now := r.now()
		diff, err = r.replace(ctx, declared, atReload, Start{Now: now, After: now})
		return err
	})
	return diff, err
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
func (r *Registry) replace(ctx context.Context, declared []*Declared, m moment, start Start) (Diff, error) {
	elsewhere, err := r.declaredElsewhere(ctx, declared)
	if err != nil {
		return Diff{}, err
	}
	plan, err := r.plan(declared, elsewhere, m)
	if err != nil {
		return Diff{}, err
	}
	for i := range plan.changes {
		r.date(&plan.changes[i], start.Now)
	}
	now := []store.Schedule{}
	if len(plan.changes) > 0 {
		if now, err = r.opts.Store.Change(ctx, plan.changes); err != nil {
			return Diff{}, errors.Join(fmt.Errorf("storing the schedules: %w", err), r.redeclare(ctx))
		}
	}
	r.apply(plan, now, start)
	return plan.diff, nil
}

func (r *Registry) apply(plan plan, now []store.Schedule, start Start) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.files = plan.declared
	for i, c := range plan.changes {
		if c.Kind == store.Delete {
			r.drop(c.Schedule.ID)
			continue
		}
		now[i].Origin = c.Schedule.Origin
		r.put(now[i], start.Now)
	}
	for _, s := range plan.kept {
		r.put(s, start.After)
	}
}

// plan is what a replacement does.
type plan struct {
	changes  []store.Change
	kept     []store.Schedule // no new version; the binding may be new
	declared map[string]*Declared
	diff     Diff
}

// plan compares what is in force with what is declared, here and elsewhere.
func (r *Registry) plan(declared []*Declared, elsewhere map[string]bool, m moment) (plan, error) {
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
		p.leave(e, elsewhere[e.ID], m)
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
		p.changes = append(p.changes, store.Change{Kind: store.Update, Schedule: s, Base: e.Version, By: d.Origin})
	}
	if same && (e.declared == nil || e.declared.Fingerprint == d.Fingerprint) {
		p.diff.Unchanged++
		return
	}
	p.diff.Changed = append(p.diff.Changed, d.ID)
}

// leave plans for a schedule that no file of this host declares: one of another
// host's files is left alone, one that no file declares any more is removed, one
// made over the API takes on its startup state.
func (p *plan) leave(e *entry, elsewhere bool, m moment) {
	if e.Source == store.SourceFile && elsewhere {
		p.kept = append(p.kept, e.Schedule)
		return
	}
	if e.Source == store.SourceFile {
		p.changes = append(p.changes, store.Change{Kind: store.Delete, Schedule: e.Schedule, Base: e.Version, By: e.Origin})
		p.diff.Removed = append(p.diff.Removed, e.ID)
		return
	}
	s := e.Schedule
	s.Started = m.started(e.Startup, e.Started)
	if s.Started == e.Started {
		p.kept = append(p.kept, s)
		return
	}
	p.changes = append(p.changes, store.Change{Kind: store.Update, Schedule: s, Base: e.Version, By: "startup_state"})
}

// sameDefinition compares by meaning: two definitions equal as JSON mean the
// same.
func sameDefinition(a, b schedule.Definition) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

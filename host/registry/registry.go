package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"butlerd/host/dispatch"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// Store is where schedules and their versions are kept.
type Store interface {
	Schedules(ctx context.Context) ([]store.Schedule, error)
	Change(ctx context.Context, changes []store.Change) ([]store.Schedule, error)
}

// Engine is what knows when schedules are due.
type Engine interface {
	Set(id string, s *schedule.Spec, after time.Time)
	Remove(id string)
	Next(id string) (time.Time, bool)
	// Open is the first instant that may not be claimed, handed out or not.
	Open(id string) (time.Time, bool)
}

// Neighbours are what a registry has to know of other hosts of the same store.
type Neighbours interface {
	// Declare tells which schedules this host's files declare, and returns those
	// that other hosts declare.
	Declare(ctx context.Context, ids []string) ([]string, error)
	// News says what has changed since a revision.
	News(ctx context.Context, since int64) (store.News, error)
}

// Options are what New needs. Members are required where nothing else is said.
type Options struct {
	Store Store
	// Neighbours is nil when the store is this host's alone.
	Neighbours Neighbours
	// Labels are this host's; placements of schedules ask for them.
	Labels map[string]string
	// LateLimit is how long after its due time a firing may still run.
	LateLimit time.Duration
	// Now is the clock of all hosts of the store.
	Now    func() time.Time
	Engine Engine
	Specs  *schedule.Cache
	// PluginOf names the plugin that offers an action; empty when none does.
	PluginOf func(action string) string
	// Permit says why a schedule that was made over the API may not execute its action
	// now; its run fails then. Nil: each may.
	Permit func(s store.Schedule) error
	// Dropped hears of each schedule that goes out of force. It must not wait.
	Dropped func(id string)
	// Foreign hears that there are schedules that this host may not or cannot run.
	// It must not wait. Nil: nobody does.
	Foreign func()
	// Swept is until when it is recorded what nobody has claimed of a foreign schedule
	// in time; zero: not known yet. Nil: never known.
	Swept func(id string) time.Time
	Log   *slog.Logger
}

// Registry holds the schedules in force. Its methods are safe for concurrent
// use.
type Registry struct {
	opts Options

	// reloading is held for writing while the files' schedules are replaced as a
	// whole, and for reading by every other change.
	reloading sync.RWMutex
	revision  int64 // of the changes of others that are taken over; guarded by reloading

	mu       sync.RWMutex
	entries  map[string]*entry
	files    map[string]*Declared // what this host's files declare
	foreign  map[string]time.Time // the entries that are not here, with when they became so
	draining bool                 // nothing is this host's to run
	serial   int64                // of the entry made last
}

// entry is a schedule in force. It is replaced, never changed.
type entry struct {
	store.Schedule
	spec     *schedule.Spec
	declared *Declared // nil for a schedule made over the API, or in another host's files
	here     bool      // this host may and can run it
	serial   int64     // counts up in the order of creation
}

// Declared is a schedule as a file declares it.
type Declared struct {
	schedule.Definition
	Origin      string // "config.hcl:12"
	Plugin      string // that offers the action
	Fingerprint string // of the meaning, secrets included; never shown
	Bind        func(run.Facts) ([]byte, error)
	// Steps are the follow-ups that execute an action, by name.
	Steps map[string]dispatch.Step
}

// FileOwnedError is returned for a change of a schedule that only its file may
// make.
type FileOwnedError struct {
	ID     string
	Origin string // where the file declares it
}

// Error implements error.
func (e *FileOwnedError) Error() string {
	return fmt.Sprintf("schedule %q is declared in %s: change it there and reload", e.ID, e.Origin)
}

// ErrInvalid wraps what is wrong with a schedule that is to be made.
var ErrInvalid = errors.New("invalid schedule")

// ErrForeign is what binding gives for a schedule that only other hosts' files
// declare.
var ErrForeign = errors.New("this host's files do not declare the schedule")

// New makes an empty registry.
func New(o Options) *Registry {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Foreign == nil {
		o.Foreign = func() {}
	}
	if o.Permit == nil {
		o.Permit = func(store.Schedule) error { return nil }
	}
	if o.Swept == nil {
		o.Swept = func(string) time.Time { return time.Time{} }
	}
	return &Registry{opts: o, entries: map[string]*entry{}, files: map[string]*Declared{}, foreign: map[string]time.Time{}}
}

// Get returns a schedule in force.
func (r *Registry) Get(id string) (store.Schedule, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	e := r.entries[id]
	if e == nil {
		return store.Schedule{}, false
	}
	return e.Schedule, true
}

// List returns the schedules in force, in the order they were created.
func (r *Registry) List() []store.Schedule {
	r.mu.RLock()
	entries := make([]*entry, 0, len(r.entries))
	for _, e := range r.entries {
		entries = append(entries, e)
	}
	r.mu.RUnlock()
	slices.SortFunc(entries, func(a, b *entry) int { return int(a.serial - b.serial) })
	list := make([]store.Schedule, len(entries))
	for i, e := range entries {
		list[i] = e.Schedule
	}
	return list
}

// Next returns the coming n instants of a schedule; none for one that is
// stopped.
func (r *Registry) Next(id string, n int) []time.Time {
	r.mu.RLock()
	e := r.entries[id]
	r.mu.RUnlock()
	if e == nil || !e.Started {
		return nil
	}
	at, ok := r.opts.Engine.Next(id)
	if !ok && e.spec != nil { // it is another host's to run
		at, ok = e.spec.Next(r.opts.Now()), true
	}
	var next []time.Time
	for ; ok && !at.IsZero() && len(next) < n; at = e.spec.Next(at) {
		next = append(next, at)
	}
	return next
}

// Job returns what a schedule executes.
func (r *Registry) Job(id string) (dispatch.Job, bool) {
	r.mu.RLock()
	e := r.entries[id]
	r.mu.RUnlock()
	if e == nil {
		return dispatch.Job{}, false
	}
	job := dispatch.Job{Definition: e.Definition, Version: e.Version, Started: e.Started, Here: e.here}
	if e.declared != nil {
		job.Plugin, job.Bind, job.Steps = e.declared.Plugin, e.declared.Bind, e.declared.Steps
		return job, true
	}
	job.Plugin = r.opts.PluginOf(e.Action.Type)
	if e.Source == store.SourceFile {
		job.Bind = func(run.Facts) ([]byte, error) { return nil, ErrForeign }
		return job, true
	}
	job.Bind = func(run.Facts) ([]byte, error) {
		if err := r.opts.Permit(e.Schedule); err != nil {
			return nil, err
		}
		return e.Action.Arguments, nil
	}
	return job, true
}

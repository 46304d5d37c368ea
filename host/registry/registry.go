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
}

// Options are what New needs. All members are required.
type Options struct {
	Store  Store
	Engine Engine
	Specs  *schedule.Cache
	// PluginOf names the plugin that offers an action; empty when none does.
	PluginOf func(action string) string
	// Dropped hears of each schedule that goes out of force. It must not wait.
	Dropped func(id string)
	Log     *slog.Logger
}

// Registry holds the schedules in force. Its methods are safe for concurrent
// use.
type Registry struct {
	opts Options

	// reloading is held for writing while the files' schedules are replaced as a
	// whole, and for reading by every other change.
	reloading sync.RWMutex

	mu      sync.RWMutex
	entries map[string]*entry
	serial  int64 // of the entry made last
}

// entry is a schedule in force. It is replaced, never changed.
type entry struct {
	store.Schedule
	spec     *schedule.Spec
	declared *Declared // nil for a schedule made over the API
	serial   int64     // counts up in the order of creation
}

// Declared is a schedule as a file declares it.
type Declared struct {
	schedule.Definition
	Origin      string // "config.hcl:12"
	Plugin      string // that offers the action
	Fingerprint string // of the meaning, secrets included; never shown
	Bind        func(run.Facts) ([]byte, error)
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

// New makes an empty registry.
func New(o Options) *Registry {
	return &Registry{opts: o, entries: map[string]*entry{}}
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
	job := dispatch.Job{Definition: e.Definition}
	if e.declared != nil {
		job.Plugin, job.Bind = e.declared.Plugin, e.declared.Bind
		return job, true
	}
	job.Plugin = r.opts.PluginOf(e.Action.Type)
	job.Bind = func(run.Facts) ([]byte, error) { return e.Action.Arguments, nil }
	return job, true
}

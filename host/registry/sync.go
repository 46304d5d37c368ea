package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"butlerd/host/store"
)

// Sync takes over what other hosts have changed, and returns all the news there
// is. Without neighbours there is none.
func (r *Registry) Sync(ctx context.Context) (store.News, error) {
	if r.opts.Neighbours == nil {
		return store.News{}, nil
	}
	r.reloading.Lock()
	defer r.reloading.Unlock()
	news, err := r.sync(ctx, time.Time{})
	if err != nil || !r.incomplete() {
		return news, err
	}
	// Another host's files no longer declare something, and this host's do.
	return news, r.restore(ctx)
}

// sync reads and applies the news. What fires first is due after the given
// instant. The caller holds r.reloading: changes of this host's own are then either
// in the news, or come after.
func (r *Registry) sync(ctx context.Context, after time.Time) (store.News, error) {
	news, err := r.opts.Neighbours.News(ctx, r.revision)
	if err != nil {
		return store.News{}, fmt.Errorf("asking for changes of schedules: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range news.Changed {
		r.put(s, after)
	}
	for _, id := range news.Deleted {
		if r.entries[id] != nil {
			r.drop(id)
		}
	}
	r.revision = news.Revision
	return news, nil
}

// incomplete says whether something is not in force that this host's files declare.
func (r *Registry) incomplete() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for id := range r.files {
		if r.entries[id] == nil {
			return true
		}
	}
	return false
}

func (r *Registry) restore(ctx context.Context) error {
	r.mu.RLock()
	declared := make([]*Declared, 0, len(r.files))
	for _, d := range r.files {
		declared = append(declared, d)
	}
	r.mu.RUnlock()
	return r.insist(ctx, func() error {
		now := r.now()
		_, err := r.replace(ctx, declared, atReload, Start{Now: now, After: now})
		return err
	})
}

// maxTries is how often a change is tried that other hosts get in the way of.
const maxTries = 5

// insist repeats a change that was made from a state which another host has
// changed meanwhile. The caller holds r.reloading.
func (r *Registry) insist(ctx context.Context, change func() error) error {
	for try := 1; ; try++ {
		err := change()
		if err == nil || r.opts.Neighbours == nil || try == maxTries || !overtaken(err) {
			return err
		}
		before := r.revision
		if _, found := r.sync(ctx, time.Time{}); found != nil {
			return found
		}
		if r.revision == before {
			return err // nobody got in the way
		}
	}
}

func overtaken(err error) bool {
	return errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrStale)
}

// declaredElsewhere tells the neighbours what this host's files declare, and
// returns which schedules theirs do.
func (r *Registry) declaredElsewhere(ctx context.Context, declared []*Declared) (map[string]bool, error) {
	if r.opts.Neighbours == nil {
		return nil, nil
	}
	ids := make([]string, len(declared))
	for i, d := range declared {
		ids[i] = d.ID
	}
	others, err := r.opts.Neighbours.Declare(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("telling other hosts what is declared: %w", err)
	}
	elsewhere := make(map[string]bool, len(others))
	for _, id := range others {
		elsewhere[id] = true
	}
	return elsewhere, nil
}

// Redeclare tells the neighbours again what this host's files declare: its lease
// is a new one.
func (r *Registry) Redeclare(ctx context.Context) error {
	r.reloading.RLock()
	defer r.reloading.RUnlock()
	return r.redeclare(ctx)
}

// redeclare tells what is declared as far as it is taken over. The caller holds
// r.reloading.
func (r *Registry) redeclare(ctx context.Context) error {
	if r.opts.Neighbours == nil {
		return nil
	}
	r.mu.RLock()
	ids := make([]string, 0, len(r.files))
	for id := range r.files {
		ids = append(ids, id)
	}
	r.mu.RUnlock()
	_, err := r.opts.Neighbours.Declare(ctx, ids)
	return err
}

// stored reads the schedules in force at a host's start.
func (r *Registry) stored(ctx context.Context, after time.Time) error {
	if r.opts.Neighbours != nil {
		_, err := r.sync(ctx, after)
		return err
	}
	stored, err := r.opts.Store.Schedules(ctx)
	if err != nil {
		return fmt.Errorf("reading the schedules: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range stored {
		r.serial++
		r.entries[s.ID] = &entry{Schedule: s, serial: r.serial}
	}
	return nil
}

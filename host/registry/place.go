package registry

import (
	"maps"
	"time"

	"butlerd/host/dispatch"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// place puts an entry in force, and its instants in the engine if it is this
// host's to run, from the first after the given one. The caller holds r.mu.
func (r *Registry) place(e *entry, after time.Time) {
	old := r.entries[e.ID]
	e.here = r.mayRun(e)
	r.entries[e.ID] = e
	if !e.here {
		r.placeElsewhere(e, old, after)
		return
	}
	if _, elsewhere := r.foreign[e.ID]; elsewhere || r.isJoining(e, old) {
		after = r.comeHere(e, after)
	}
	delete(r.foreign, e.ID)
	if e.Started {
		r.opts.Engine.Set(e.ID, e.spec, after)
		return
	}
	r.opts.Engine.Remove(e.ID)
}

// placeElsewhere leaves an entry to other hosts, from the first instant on that
// may not have been claimed here.
func (r *Registry) placeElsewhere(e, old *entry, after time.Time) {
	if _, known := r.foreign[e.ID]; !known {
		if next, ok := r.open(e.ID); ok && old != nil {
			after = next.Add(-time.Second)
		}
		if r.isJoining(e, old) {
			after = r.comeHere(e, after)
		}
		r.foreign[e.ID] = after
	}
	r.opts.Engine.Remove(e.ID)
	r.opts.Foreign()
}

// comeHere is from when on this host claims what was other hosts' to run: as far
// back as nobody may have recorded yet that it was missed. What is settled is left
// as it is.
func (r *Registry) comeHere(e *entry, after time.Time) time.Time {
	from := r.opts.Now().Add(-max(r.opts.LateLimit, e.Placement.Patience()+2*dispatch.SweepEvery))
	if e.spec != nil {
		from = from.Add(-e.spec.Jitter())
	}
	if swept := r.opts.Swept(e.ID); !swept.IsZero() && swept.Before(from) {
		from = swept // the store was away
	}
	if e.Since.After(from) {
		from = e.Since
	}
	if from.Before(after) {
		return from
	}
	return after
}

// isJoining says whether this host has just learnt of a schedule whose firings other
// hosts may take longer over than the late limit: its start left them unsettled.
func (r *Registry) isJoining(e, old *entry) bool {
	return old == nil && r.opts.Neighbours != nil && e.Placement != nil
}

// mayRun says whether a schedule is this host's to run: its placement allows it,
// and this host knows how. What files declare is known if this host's files declare
// the same.
func (r *Registry) mayRun(e *entry) bool {
	switch {
	case r.draining, !e.Placement.Allows(r.opts.Labels):
		return false
	case r.opts.Neighbours == nil:
		return true // nobody else would
	case e.Source == store.SourceFile:
		return e.declared != nil && sameDefinition(e.Definition, e.declared.Definition)
	}
	return r.opts.PluginOf(e.Action.Type) != ""
}

// Foreign are the schedules in force that this host may not or cannot run, with
// the instant since when that is so.
func (r *Registry) Foreign() map[string]time.Time {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return maps.Clone(r.foreign)
}

// Select lists the ids of the schedules in force that match, in no order.
func (r *Registry) Select(match func(schedule.Definition) bool) []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var ids []string
	for id, e := range r.entries {
		if match(e.Definition) {
			ids = append(ids, id)
		}
	}
	return ids
}

// Drain makes no schedule this host's to run, or those again that it may and can.
func (r *Registry) Drain(on bool) {
	r.mu.Lock()
	r.draining = on
	r.mu.Unlock()
	r.Place()
}

// Place looks again which schedules are this host's to run: its plugins may be
// others now.
func (r *Registry) Place() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	for _, old := range r.entries {
		if r.mayRun(old) != old.here {
			e := *old
			r.place(&e, now)
		}
	}
}

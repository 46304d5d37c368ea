package explain

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"butlerd/host/schedule"
	"butlerd/host/store"
)

// plan are the versions of a schedule, the first one first.
type plan struct {
	versions []planned
}

// planned is a version, with what says when it fires.
type planned struct {
	store.Version
	spec *schedule.Spec
	// unread is why this program cannot read when the version fires, which an older one
	// could; nil: it can. The spec is then that of a version that can be read, for its
	// zone, and is not asked for instants.
	unread error
}

// newPlan finds the versions of one schedule.
func newPlan(all []store.Version, id string, specs *schedule.Cache) (*plan, error) {
	p := &plan{}
	for _, v := range all {
		if v.ID != id {
			continue
		}
		spec, err := specs.Get(v.Timing())
		p.versions = append(p.versions, planned{v, spec, err})
	}
	if len(p.versions) == 0 {
		return nil, fmt.Errorf("schedule %q: %w", id, store.ErrNotFound)
	}
	slices.SortFunc(p.versions, func(a, b planned) int { return cmp.Compare(a.Schedule.Version, b.Schedule.Version) })
	return p, p.lend()
}

// lend gives the versions that cannot be read the spec of one that can. When none
// can, nothing can be explained.
func (p *plan) lend() error {
	i := slices.IndexFunc(p.versions, func(v planned) bool { return v.unread == nil })
	if i < 0 {
		v := p.latest()
		return fmt.Errorf("reading when version %d of schedule %q fires: %w", v.Schedule.Version, v.ID, v.unread)
	}
	for j := range p.versions {
		if v := &p.versions[j]; v.unread != nil {
			v.spec = p.versions[i].spec
		}
	}
	return nil
}

// at is the version in force at an instant; nil when none is.
func (p *plan) at(t time.Time) *planned {
	for i := range p.versions {
		if v := &p.versions[i]; t.After(v.Since) && (v.Until.IsZero() || !t.After(v.Until)) {
			return v
		}
	}
	return nil
}

// latest is the version made last.
func (p *plan) latest() *planned { return &p.versions[len(p.versions)-1] }

// owes says whether a firing is due at an instant.
func (p *plan) owes(t time.Time) bool {
	v := p.at(t)
	return v != nil && v.Started && v.fires(t)
}

// fires says whether the version, be it started or not, has an instant at t.
func (v *planned) fires(t time.Time) bool {
	return v.unread == nil && v.spec.Next(t.Add(-time.Second)).Equal(t)
}

// after is the first firing due after an instant; zero when none is.
func (p *plan) after(t time.Time) time.Time {
	for _, v := range p.versions {
		if v.unread != nil {
			continue
		}
		since := t
		if v.Since.After(since) {
			since = v.Since
		}
		if at := v.spec.Next(since); v.Started && !at.IsZero() && (v.Until.IsZero() || !at.After(v.Until)) {
			return at.UTC()
		}
	}
	return time.Time{}
}

// upTo is the last firing due at an instant or before it; zero when none is.
func (p *plan) upTo(t time.Time) time.Time {
	for _, v := range slices.Backward(p.versions) {
		if v.unread != nil {
			continue
		}
		until := t
		if !v.Until.IsZero() && v.Until.Before(until) {
			until = v.Until
		}
		if at := last(v.spec, v.Since, until); v.Started && !at.IsZero() {
			return at.UTC()
		}
	}
	return time.Time{}
}

// last is the last instant in (since, until]; zero when there is none. It halves the
// interval, since a Spec steps forward only.
func last(spec *schedule.Spec, since, until time.Time) time.Time {
	has := func(after time.Time) bool {
		at := spec.Next(after)
		return !at.IsZero() && !at.After(until)
	}
	low, high := since.Unix(), until.Unix()
	if !until.After(since) || !has(since) {
		return time.Time{}
	}
	// There is an instant after low, and none after high.
	for high-low > 1 {
		if middle := low + (high-low)/2; has(time.Unix(middle, 0)) {
			low = middle
		} else {
			high = middle
		}
	}
	return spec.Next(later(since, time.Unix(low, 0)))
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

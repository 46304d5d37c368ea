package audit

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"butlerd/host/schedule"
	"butlerd/host/store"
)

// lineage are the versions of one schedule, and what they owe.
type lineage struct {
	id     string
	forces []force // in the order of their intervals, which do not meet
}

// force is a version with the interval (since, until] in which it owes firings.
type force struct {
	store.Version
	since, until time.Time      // until: zero while in force
	spec         *schedule.Spec // nil: it cannot be read by this program, or not recomputed
	table        string         // the table of holidays that it would need; empty: this one's
}

// newLineage reads the versions of one schedule, and says what is wrong with them.
func newLineage(specs *schedule.Cache, versions []store.Version) (*lineage, []Finding) {
	l := &lineage{id: versions[0].ID}
	var off []Finding
	add := func(v store.Version, kind Kind, format string, args ...any) {
		off = append(off, Finding{Kind: kind, ScheduleID: &l.id, Version: &v.Version, Text: fmt.Sprintf(format, args...)})
	}
	versions = slices.SortedFunc(slices.Values(versions), func(a, b store.Version) int { return cmp.Compare(a.Version, b.Version) })
	for i, v := range versions {
		f := force{Version: v, since: v.Since, until: v.Until}
		if i > 0 {
			if text := broken(versions[i-1], v); text != "" {
				add(v, Edited, "%s", text)
			}
			if before := versions[i-1].Until; before.After(f.since) {
				f.since = before // two versions never owe one instant
			}
		}
		if !v.Until.IsZero() && v.Until.Before(v.Since) {
			add(v, Edited, "it went out of force before it came into force")
		}
		if f.table = otherTable(v); f.table != "" {
			l.forces = append(l.forces, f)
			continue
		}
		var err error
		if f.spec, err = specOf(specs, v); err != nil {
			add(v, Unexplained, "this program cannot read when it fires, so that its firings were not compared: %v", err)
		}
		l.forces = append(l.forces, f)
	}
	return l, off
}

// broken says what is wrong between a version and the next one; empty when nothing
// is.
func broken(before, v store.Version) string {
	switch {
	case v.Version == before.Version:
		return "there are two versions of this number"
	case v.Version != before.Version+1:
		return fmt.Sprintf("the version before it is not kept, though version %d is", before.Version)
	case before.Until.IsZero():
		return fmt.Sprintf("it came into force, and version %d has not gone out of force", before.Version)
	case v.Since.Before(before.Until):
		return fmt.Sprintf("it came into force at %s, before version %d went out of force at %s", clock(v.Since), before.Version, clock(before.Until))
	case v.Since.After(before.Until) && v.CreatedAt.Equal(before.CreatedAt):
		return fmt.Sprintf("it came into force at %s, though version %d, which it changes, went out of force at %s", clock(v.Since), before.Version, clock(before.Until))
	}
	return ""
}

func clock(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// at is the version that was in force at an instant; nil when none was.
func (l *lineage) at(t time.Time) *force {
	for i := range l.forces {
		if f := &l.forces[i]; t.After(f.since) && (f.until.IsZero() || !t.After(f.until)) {
			return f
		}
	}
	return nil
}

// owes says whether the version owes a firing at an instant at which it is in
// force.
func (f *force) owes(t time.Time) bool {
	return f.Started && f.spec != nil && f.spec.Next(t.Add(-time.Second)).Equal(t)
}

// unreadable says that nobody can tell whether the version owes something.
func (f *force) unreadable() bool { return f.Started && f.spec == nil }

// debt hands out what a lineage owes in [from, to), the first instant first.
type debt struct {
	lineage *lineage
	to      time.Time
	index   int
	next    time.Time // zero: at the end
}

func newDebt(l *lineage, from, to time.Time) *debt {
	d := &debt{lineage: l, to: to}
	d.seek(from.Add(-time.Nanosecond))
	return d
}

// seek finds the first instant after t.
func (d *debt) seek(t time.Time) {
	for ; d.index < len(d.lineage.forces); d.index++ {
		f := &d.lineage.forces[d.index]
		if !f.Started || f.spec == nil {
			continue
		}
		after := t
		if f.since.After(after) {
			after = f.since
		}
		at := f.spec.Next(after)
		if at.IsZero() || !f.until.IsZero() && at.After(f.until) {
			continue
		}
		if d.next = at; at.Before(d.to) {
			return
		}
		break
	}
	d.next = time.Time{}
}

// force is the version that owes the next instant.
func (d *debt) force() *force { return &d.lineage.forces[d.index] }

// take steps over the next instant.
func (d *debt) take() { d.seek(d.next) }

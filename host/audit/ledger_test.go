package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// start is when the ledgers of tests begin.
var start = time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC)

// ledger is a ledger in memory, which tests damage on purpose.
type ledger struct {
	versions []store.Version
	holds    []store.Hold
	firings  []run.Firing
	runs     []store.FiringRun
	seals    []store.Seal
	kept     time.Time
	until    time.Time
	// before hears of each query before it is answered; nil: nobody does.
	before func(query string)
}

func (l *ledger) tell(query string) {
	if l.before != nil {
		l.before(query)
	}
}

func (l *ledger) Versions(_ context.Context, since time.Time) (list []store.Version, err error) {
	l.tell("versions")
	for _, v := range l.versions {
		if v.Until.IsZero() || !v.Until.Before(since) {
			list = append(list, v)
		}
	}
	return list, nil
}

func (l *ledger) Holds(context.Context, time.Time) ([]store.Hold, error) { return l.holds, nil }

func (l *ledger) SettledUntil(context.Context) (time.Time, error) { return l.until, nil }

func (l *ledger) KeptSince(context.Context) (time.Time, error) {
	l.tell("kept")
	return l.kept, nil
}

func (l *ledger) Seals(context.Context) ([]store.Seal, error) {
	l.tell("seals")
	return slices.Clone(l.seals), nil
}

func (l *ledger) Seal(_ context.Context, s store.Seal) error {
	l.tell("seal")
	if slices.ContainsFunc(l.seals, func(o store.Seal) bool { return o.Day.Equal(s.Day) }) {
		return store.ErrExists
	}
	if n := len(l.seals); n > 0 && l.seals[n-1].Hash != s.Previous {
		return store.ErrStale
	}
	l.seals = append(l.seals, s)
	return nil
}

func (l *ledger) Settlements(_ context.Context, q store.SettlementQuery) ([]run.Firing, error) {
	l.tell("settlements")
	return page(l.firings, firingKey, func(f run.Firing) bool {
		return within(f.DueAt, q.From, q.To) && within(f.SettledAt, q.SettledFrom, q.SettledTo)
	}, q), nil
}

func (l *ledger) SettledOn(_ context.Context, day time.Time, to func(run.Firing) error) error {
	l.tell("settlements")
	for _, f := range l.firings {
		if within(f.SettledAt, day, day.Add(24*time.Hour)) {
			if err := to(f); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *ledger) FiringRuns(_ context.Context, q store.SettlementQuery) ([]store.FiringRun, error) {
	l.tell("runs")
	return page(l.runs, runKey, func(r store.FiringRun) bool { return within(r.DueAt, q.From, q.To) }, q), nil
}

func within(t, from, to time.Time) bool { return !t.Before(from) && (to.IsZero() || t.Before(to)) }

func page[T any](all []T, key func(T) store.SettlementKey, fits func(T) bool, q store.SettlementQuery) (list []T) {
	limit := q.Limit
	if limit == 0 {
		limit = store.MaxPage
	}
	// What is sorted already is not sorted again for each page of a million.
	i, _ := slices.BinarySearchFunc(all, q.After, func(one T, after store.SettlementKey) int {
		if compareKeys(key(one), after) > 0 {
			return 1
		}
		return -1
	})
	for _, one := range all[i:] {
		if len(list) == limit {
			break
		}
		if fits(one) {
			list = append(list, one)
		}
	}
	return list
}

// sort puts everything into the order in which a store lists it.
func (l *ledger) sort() {
	slices.SortStableFunc(l.firings, func(a, b run.Firing) int { return compareKeys(firingKey(a), firingKey(b)) })
	slices.SortStableFunc(l.runs, func(a, b store.FiringRun) int { return compareKeys(runKey(a), runKey(b)) })
	slices.SortStableFunc(l.versions, func(a, b store.Version) int { return strings.Compare(a.ID, b.ID) })
}

// declare adds a version in force from so many hours after the start.
func (l *ledger) declare(id, cron string, change func(*store.Version)) *store.Version {
	v := store.Version{By: "config.hcl:1", Schedule: store.Schedule{
		Definition: schedule.Definition{ID: id, Name: id, Cron: cron, Timezone: "Europe/Stockholm", Overlap: schedule.OverlapSkip},
		Source:     store.SourceFile, Started: true, Version: 1, CreatedAt: start, Since: start,
	}}
	for _, other := range l.versions {
		if other.ID == id {
			v.Version = max(v.Version, other.Version+1)
		}
	}
	if change != nil {
		change(&v)
	}
	l.versions = append(l.versions, v)
	return &l.versions[len(l.versions)-1]
}

// fire settles everything that is owed before an instant, as a host does that is
// always there, and makes holds count. What decide says of an instant comes first.
func (l *ledger) fire(t testing.TB, until time.Time, decide func(*run.Firing)) {
	t.Helper()
	specs := schedule.NewCache()
	for _, v := range l.versions {
		if !v.Started {
			continue
		}
		spec, err := specOf(specs, v)
		if err != nil {
			t.Fatal(err)
		}
		for at := spec.Next(v.Since); !at.IsZero() && at.Before(until) && (v.Until.IsZero() || !at.After(v.Until)); at = spec.Next(at) {
			l.settle(v, at.UTC(), decide)
		}
	}
	l.until = until
	l.sort()
}

func (l *ledger) settle(v store.Version, at time.Time, decide func(*run.Firing)) {
	f := run.Firing{ScheduleID: v.ID, DueAt: at, Outcome: run.Ran, Version: v.Version, SettledAt: at.Add(3 * time.Millisecond)}
	if h, ok := store.Holding(l.holds, v.ID, v.Tags, at); ok {
		f.Outcome, f.Reason, f.HoldID = run.Skipped, run.ReasonHeld, h.ID
	}
	if decide != nil {
		decide(&f)
	}
	if f.Outcome == run.Ran {
		f.RunID = fmt.Sprintf("run-%s-%d", f.ScheduleID, at.Unix())
		l.runs = append(l.runs, store.FiringRun{ScheduleID: v.ID, DueAt: at, RunID: f.RunID, Version: f.Version, Trigger: run.ByFiring, State: run.Succeeded})
	}
	l.firings = append(l.firings, f)
}

// day is midnight, so many days after the start.
func day(n int) time.Time { return start.AddDate(0, 0, n) }

// hour is so many hours after the start.
func hour(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }

// sound is the ledger of five days, in which nothing is off and much has happened: a
// clock change, an update, a stop, a deletion, holds, an outage, overlaps.
func sound(t testing.TB) *ledger {
	t.Helper()
	l := &ledger{}
	l.declare("hourly", "0 * * * *", func(v *store.Version) { v.Until, v.Tags = hour(30), []string{"etl"} })
	l.declare("hourly", "30 * * * *", func(v *store.Version) { v.Since, v.Until, v.Tags = hour(30), hour(60), []string{"etl"} })
	l.declare("hourly", "30 * * * *", func(v *store.Version) { v.Since, v.Until, v.Started = hour(60), hour(70), false })
	l.declare("hourly", "*/10 * * * *", func(v *store.Version) { v.Since = hour(70) })
	l.declare("nightly", "30 2 * * *", nil)
	l.declare("removed", "@every 15m", func(v *store.Version) { v.Since, v.Until = hour(3), hour(10) })
	l.holds = []store.Hold{
		{ID: "hold-1", Tag: "etl", Since: hour(5), Until: hour(8), By: "api"},
		{ID: "hold-2", ScheduleID: "nightly", Since: hour(47), ReleasedAt: hour(50), By: "api"},
	}
	l.fire(t, day(5), func(f *run.Firing) {
		switch {
		case f.Reason == run.ReasonHeld:
		case f.DueAt.After(hour(80)) && f.DueAt.Before(hour(84)):
			f.Outcome, f.Reason, f.SettledAt = run.Missed, run.ReasonHostDown, hour(100)
		case f.DueAt.Minute() == 20:
			f.Outcome, f.Reason = run.Skipped, run.ReasonOverlap
		}
	})
	return l
}

// sealed is sound, sealed up to the end of the fourth day.
func sealed(t testing.TB) *ledger {
	t.Helper()
	l := sound(t)
	s := NewSealer(SealerOptions{Store: l, Now: func() time.Time { return day(4).Add(2 * time.Hour) }})
	if n, err := s.Seal(t.Context()); err != nil || n != 4 {
		t.Fatal(n, err)
	}
	return l
}

func verify(t testing.TB, l *ledger, o Options) Report {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return day(6) }
	}
	r, err := Verify(t.Context(), l, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

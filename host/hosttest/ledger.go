package hosttest

import (
	"context"
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// Ledger is what Unaccounted reads.
type Ledger interface {
	Versions(ctx context.Context, since time.Time) ([]store.Version, error)
	Firings(ctx context.Context, q store.FiringQuery) ([]run.Firing, error)
}

// Account is a ledger compared with what should be in it.
type Account struct {
	Instants int                 // nominal instants of started schedules in the interval
	Outcomes map[run.Outcome]int // of their firings
	Missing  []string            // instants without a firing
	Foreign  []string            // firings that belong to no instant
}

// Recompute finds every nominal instant in (from, to] from the versions of the
// schedules, and compares with the firings that were settled.
func Recompute(ctx context.Context, l Ledger, from, to time.Time) (Account, error) {
	a := Account{Outcomes: map[run.Outcome]int{}}
	versions, err := l.Versions(ctx, from)
	if err != nil {
		return a, err
	}
	due := map[string]map[time.Time]bool{}
	specs := schedule.NewCache()
	for _, v := range versions {
		if due[v.ID] == nil {
			due[v.ID] = map[time.Time]bool{}
		}
		spec, err := specs.Get(v.Timing())
		if err != nil {
			return a, err
		}
		for _, at := range inForce(spec, v, from, to) {
			due[v.ID][at] = true
		}
	}
	for id, instants := range due {
		if err := a.compare(ctx, l, id, instants, from, to); err != nil {
			return a, err
		}
	}
	return a, nil
}

// inForce are the instants of a version in (from, to].
func inForce(spec *schedule.Spec, v store.Version, from, to time.Time) []time.Time {
	if !v.Started {
		return nil
	}
	if v.Since.After(from) {
		from = v.Since
	}
	if !v.Until.IsZero() && v.Until.Before(to) {
		to = v.Until
	}
	var list []time.Time
	for at := spec.Next(from); !at.IsZero() && !at.After(to); at = spec.Next(at) {
		list = append(list, at.UTC())
	}
	return list
}

func (a *Account) compare(ctx context.Context, l Ledger, id string, instants map[time.Time]bool, from, to time.Time) error {
	a.Instants += len(instants)
	settled := map[time.Time]bool{}
	// Firings are whole seconds; the interval is (from, to].
	q := store.FiringQuery{ScheduleID: id, From: from.Truncate(time.Second).Add(time.Second), To: to.Add(time.Microsecond), Limit: store.MaxPage}
	for {
		page, err := l.Firings(ctx, q)
		if err != nil {
			return err
		}
		for _, f := range page {
			at := f.DueAt.UTC()
			settled[at] = true
			a.Outcomes[f.Outcome]++
			if !instants[at] {
				a.Foreign = append(a.Foreign, fmt.Sprintf("%s at %s: %s", id, at.Format(time.RFC3339), f.Outcome))
			}
		}
		if len(page) < store.MaxPage {
			break
		}
		q.From = page[len(page)-1].DueAt.Add(time.Second)
	}
	for at := range instants {
		if !settled[at] {
			a.Missing = append(a.Missing, fmt.Sprintf("%s at %s", id, at.Format(time.RFC3339)))
		}
	}
	return nil
}

package simulate

import (
	"fmt"
	"time"

	"butlerd/host/schedule"
)

// Query asks for a simulation.
type Query struct {
	From, To time.Time // zero: now, and a week after From
	Zone     string    // whose hours are reported, an IANA name; empty: the host's, else UTC
	// Schedules are the ids of those that are played, be they started or not; empty:
	// all that are started.
	Schedules []string
}

// QueryError says what is wrong with a query, in a sentence without a full stop.
type QueryError struct{ text string }

// Error implements error.
func (e *QueryError) Error() string { return e.text }

// MaxYears is how long an interval may be.
const MaxYears = 5

// defaultSpan is how long an interval is of which only the start is given.
const defaultSpan = 7 * 24 * time.Hour

// Input is the query with what it leaves open filled in, and no schedules yet.
func (q Query) Input(now time.Time, zone string) (Input, error) {
	in := Input{From: q.From, To: q.To}
	if in.From.IsZero() {
		in.From = now.Truncate(time.Second)
	}
	if in.To.IsZero() {
		in.To = in.From.Add(defaultSpan)
	}
	switch {
	case !in.From.Before(in.To):
		return in, &QueryError{"from must be before to"}
	case in.To.After(in.From.AddDate(MaxYears, 0, 0)):
		return in, &QueryError{fmt.Sprintf("from and to must be at most %d years apart", MaxYears)}
	}
	for _, name := range []string{q.Zone, zone, "UTC"} {
		if name == "" {
			continue
		}
		loc, err := schedule.LoadZone(name)
		if err != nil {
			return in, &QueryError{err.Error()}
		}
		in.Zone = loc
		break
	}
	return in, nil
}

// Choose leaves those that a query names, or else those for which started holds.
func Choose[T any](q Query, all []T, id func(T) string, started func(T) bool) ([]T, error) {
	var chosen []T
	named := map[string]bool{}
	for _, name := range q.Schedules {
		named[name] = true
	}
	for _, one := range all {
		if named[id(one)] || len(q.Schedules) == 0 && started(one) {
			chosen = append(chosen, one)
		}
		delete(named, id(one))
	}
	for _, name := range q.Schedules {
		if named[name] {
			return nil, &QueryError{fmt.Sprintf("there is no schedule %q", name)}
		}
	}
	return chosen, nil
}

// Declare makes a schedule of its definition, with the duration that is declared.
// plugin and pool are those of its runs.
func Declare(d schedule.Definition, spec *schedule.Spec, plugin, pool string) Schedule {
	s := Schedule{
		ID: d.ID, Spec: spec, Overlap: d.Overlap, Queue: d.QueueLimit,
		Plugin: plugin, Pool: pool, Priority: d.Priority, Takes: d.Expected, Source: FromDeclared,
	}
	if s.Takes == 0 {
		s.Takes, s.Source = DefaultTakes, FromDefault
	}
	return s
}

package shadow

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Options are what an Observer needs.
type Options struct {
	Asker   Asker
	Journal *Journal
	Plan    Plan
	// Every is how often Qlik Sense is asked.
	Every time.Duration
	// Tolerance is how much a start may be early or late; clocks may differ as much.
	Tolerance time.Duration
	// Found gets what became of each instant and start, in the order of time, once
	// that is certain.
	Found func(Finding)
	// Trouble gets why Qlik Sense could not be asked; it is asked again.
	Trouble func(error)
}

// Bounds of a look.
const (
	maxPages = 1000
	// maxOpen is how many executions without an end are looked after at a look.
	maxOpen = 32
	// longAway is how long a time without looks is at least, before it is asked whether
	// Qlik Sense still knows of it.
	longAway = 15 * time.Minute
	// longest is how long an execution may take, for what is found at once. The report
	// knows no limit.
	longest = 48 * time.Hour
)

// Observer asks Qlik Sense at intervals what was started.
type Observer struct {
	Options
	told time.Time // all that was before has been handed to Found
}

// NewObserver returns an observer. What was found in an earlier life is not found
// again.
func NewObserver(o Options) *Observer {
	b := &Observer{Options: o}
	if _, until := o.Journal.History().bounds(); !until.IsZero() {
		b.told = until.Add(-2 * o.Tolerance)
	}
	return b
}

// Run looks until ctx ends, and returns an error only when the journal cannot be
// written.
func (o *Observer) Run(ctx context.Context) error {
	tick := time.NewTicker(o.Every)
	defer tick.Stop()
	for {
		err := o.look(ctx)
		var lost *journalError
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &lost):
			return err
		case err != nil:
			o.Trouble(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// journalError says that what was observed cannot be kept.
type journalError struct{ err error }

func (e *journalError) Error() string { return e.err.Error() }
func (e *journalError) Unwrap() error { return e.err }

// look asks for what happened since the last look. What happened within the tolerance
// may not show yet by the clock of Qlik Sense: it counts as known the next time.
func (o *Observer) look(ctx context.Context) error {
	now := time.Now().UTC()
	_, until := o.Journal.History().bounds()
	if until.IsZero() {
		o.told = now
		return o.write(line{Looked: &Interval{now, now}})
	}
	to := now.Add(-o.Tolerance)
	if !to.After(until) {
		return nil
	}
	starts, err := o.ask(ctx, until.Add(-o.Tolerance), now.Add(o.Tolerance))
	if err != nil {
		return err
	}
	from, gap, err := o.forgotten(ctx, until, to, starts)
	if err != nil {
		return err
	}
	lines := o.news(append(starts, o.ends(ctx)...))
	if gap != nil {
		lines = append(lines, line{Gap: gap})
	}
	if err := o.write(append(lines, line{Looked: &Interval{from, to}})...); err != nil {
		return err
	}
	o.tell(to.Add(-2 * o.Tolerance))
	return nil
}

func (o *Observer) write(lines ...line) error {
	if err := o.Journal.append(lines...); err != nil {
		return &journalError{err}
	}
	return nil
}

// news are the lines of what is not known, or known otherwise.
func (o *Observer) news(starts []Start) (lines []line) {
	known := o.Journal.History().Starts
	for _, s := range starts {
		old, ok := known[s.ID]
		ended := s.EndedAt != nil && (old.EndedAt == nil || !old.EndedAt.Equal(*s.EndedAt))
		if !ok || ended || s.Status != old.Status || s.At.Before(old.At) {
			lines = append(lines, line{Execution: &s})
		}
	}
	return lines
}

// tell hands out what is certain up to a time.
func (o *Observer) tell(until time.Time) {
	if !until.After(o.told) {
		return
	}
	h := o.Journal.History()
	recent := o.told.Add(-longest)
	in := Input{Schedules: o.Plan.Schedules, Starts: h.sorted(func(s Start) bool { return s.At.After(recent) }), Covered: h.Covered, Tolerance: o.Tolerance}
	for _, f := range Compare(in, o.told, until) {
		o.Found(f)
	}
	o.told = until
}

// ask reads the executions that began from one time up to another.
func (o *Observer) ask(ctx context.Context, from, to time.Time) ([]Start, error) {
	var all []Start
	for range maxPages {
		page, err := o.page(ctx, from, to)
		if err != nil {
			return nil, fmt.Errorf("asking Qlik Sense for executions: %w", err)
		}
		for _, s := range page.Executions {
			s.TaskID = strings.ToLower(s.TaskID)
			all = append(all, s)
		}
		if page.Complete {
			return all, nil
		}
		if !page.Until.After(from) {
			return nil, errors.New("asking Qlik Sense for executions: the answers come no further")
		}
		from = page.Until
	}
	return nil, fmt.Errorf("asking Qlik Sense for executions: there are more than %d answers full of them", maxPages)
}

// page is an answer to the query.
type page struct {
	Executions []Start   `json:"executions"`
	Complete   bool      `json:"complete"`
	Until      time.Time `json:"until"`
}

func (o *Observer) page(ctx context.Context, from, to time.Time) (p page, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return p, o.Asker.Query(ctx, executionsQuery, map[string]string{
		"from": from.UTC().Format(time.RFC3339Nano), "to": to.UTC().Format(time.RFC3339Nano),
	}, &p)
}

package audit

import (
	"context"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// cell is all there is at one instant of one schedule.
type cell struct {
	id      string
	at      time.Time
	lineage *lineage // nil: no version of the schedule is known
	owed    *force   // nil: no version owes it
	firings []run.Firing
	runs    []store.FiringRun
}

func (c *cell) key() store.SettlementKey { return store.SettlementKey{ScheduleID: c.id, DueAt: c.at} }

// walk compares schedule by schedule, instant by instant, in one pass through three
// lists that have the same order: what is owed, what is settled, and what has run.
func (v *verifier) walk(ctx context.Context) error {
	lists := store.SettlementQuery{To: v.opts.To}
	if !v.opts.From.IsZero() {
		lists.From = v.floor
	}
	w := walker{verifier: v, settled: settlements(ctx, v.src, lists)}
	lists.From = v.floor
	w.runs = firingRuns(ctx, v.src, lists)
	versions := v.versions
	for {
		id, ok, err := w.schedule(versions)
		if err != nil || !ok {
			return err
		}
		n := 0
		for n < len(versions) && versions[n].ID == id {
			n++
		}
		if err := w.compare(ctx, id, versions[:n]); err != nil {
			return err
		}
		versions = versions[n:]
	}
}

// walker is where a walk has got to.
type walker struct {
	*verifier
	settled *stream[run.Firing]
	runs    *stream[store.FiringRun]
}

// schedule is the first id in what is left; false when nothing is.
func (w *walker) schedule(versions []store.Version) (id string, ok bool, err error) {
	f, err := w.settled.peek()
	if err != nil {
		return "", false, err
	}
	r, err := w.runs.peek()
	if err != nil {
		return "", false, err
	}
	consider := func(other string) {
		if !ok || other < id {
			id, ok = other, true
		}
	}
	if len(versions) > 0 {
		consider(versions[0].ID)
	}
	if f != nil {
		consider(f.ScheduleID)
	}
	if r != nil {
		consider(r.ScheduleID)
	}
	return id, ok, nil
}

// compare compares one schedule.
func (w *walker) compare(ctx context.Context, id string, versions []store.Version) error {
	w.report.Schedules++
	var l *lineage
	var owed *debt
	if len(versions) > 0 {
		var off []Finding
		l, off = newLineage(w.opts.Specs, versions)
		for _, f := range off {
			w.file(f)
		}
		for _, f := range l.forces {
			if f.table != "" {
				w.report.NotCompared++
			}
		}
		owed = newDebt(l, w.from, w.to)
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		c, ok, err := w.next(id, l, owed)
		if err != nil || !ok {
			return err
		}
		if err := w.settle(ctx, c); err != nil {
			return err
		}
	}
}

// next gathers the first instant of a schedule that is left; false when none is.
func (w *walker) next(id string, l *lineage, owed *debt) (c cell, ok bool, err error) {
	c = cell{id: id, lineage: l}
	f, r, err := w.peek(id)
	if err != nil {
		return c, false, err
	}
	consider := func(at time.Time) {
		if !ok || at.Before(c.at) {
			c.at, ok = at, true
		}
	}
	if owed != nil && !owed.next.IsZero() {
		consider(owed.next.UTC())
	}
	if f != nil {
		consider(f.DueAt)
	}
	if r != nil {
		consider(r.DueAt)
	}
	if !ok {
		return c, false, nil
	}
	if owed != nil && owed.next.Equal(c.at) {
		c.owed = owed.force()
		owed.take()
		w.report.Owed++
	}
	return c, true, w.gather(&c)
}

// peek is the next firing and the next run of a schedule; nil when there is none.
func (w *walker) peek(id string) (*run.Firing, *store.FiringRun, error) {
	f, err := w.settled.peek()
	if err != nil {
		return nil, nil, err
	}
	r, err := w.runs.peek()
	if err != nil {
		return nil, nil, err
	}
	if f != nil && f.ScheduleID != id {
		f = nil
	}
	if r != nil && r.ScheduleID != id {
		r = nil
	}
	return f, r, nil
}

// gather takes the firings and the runs of an instant.
func (w *walker) gather(c *cell) error {
	for {
		f, r, err := w.peek(c.id)
		if err != nil {
			return err
		}
		switch {
		case f != nil && f.DueAt.Equal(c.at):
			w.seals.add(*f)
			c.firings = append(c.firings, *f)
			w.settled.take()
		case r != nil && r.DueAt.Equal(c.at):
			c.runs = append(c.runs, *r)
			w.runs.take()
		default:
			return nil
		}
	}
}

// settle judges an instant. One at which something is off is read again: a host may
// have settled it between the reading of the one list and of the other.
func (w *walker) settle(ctx context.Context, c cell) error {
	if c.at.Before(w.floor) {
		return nil // read for the seals only: due before what is kept, and settled later
	}
	if c.at.Before(w.to) { // what is newer is judged too, but it is not known yet what is owed
		for _, f := range c.firings {
			w.report.count(f)
		}
		w.report.Runs += int64(len(c.runs))
	}
	off := w.judge(&c)
	if len(off) > 0 && w.rechecks > 0 {
		w.rechecks--
		if err := w.reread(ctx, &c); err != nil {
			return err
		}
		off = w.judge(&c)
	}
	if len(off) > 0 && !w.recent(c) {
		w.file(c.finding(off))
	}
	return nil
}

// slack is how long a host may take to write what it dates.
const slack = 10 * time.Second

// recent says that an instant was settled while the ledger was read: under a version
// or a hold, it may be, that was not there yet when those were read.
func (w *walker) recent(c cell) bool {
	for _, f := range c.firings {
		if f.SettledAt.After(w.begun.Add(-slack)) && f.SettledAt.Before(w.opts.Now().Add(slack)) {
			return true
		}
	}
	return false
}

// reread reads the firings and the runs of one instant.
func (w *walker) reread(ctx context.Context, c *cell) error {
	before := c.key()
	before.DueAt = before.DueAt.Add(-time.Microsecond)
	q := store.SettlementQuery{From: c.at, To: c.at.Add(time.Microsecond), After: before, Limit: rereadLimit}
	firings, err := w.src.Settlements(ctx, q)
	if err != nil {
		return err
	}
	runs, err := w.src.FiringRuns(ctx, q)
	if err != nil {
		return err
	}
	c.firings, c.runs = nil, nil
	for _, f := range firings {
		if compareKeys(firingKey(f), c.key()) == 0 {
			c.firings = append(c.firings, f)
		}
	}
	for _, r := range runs {
		if r.ScheduleID == c.id && r.DueAt.Equal(c.at) {
			c.runs = append(c.runs, r)
		}
	}
	return nil
}

// rereadLimit is more than one instant of a schedule ever has, of what is sound.
const rereadLimit = 10

package dispatch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// Missed sums up firings that were missed, by schedule.
type Missed map[string]Missing

// Missing is what one schedule has missed.
type Missing struct {
	Latest time.Time // due time of the latest
	Count  int
}

// add counts a firing, if it was missed.
func (m Missed) add(f run.Firing) {
	if f.Outcome != run.Missed {
		return
	}
	of := m[f.ScheduleID]
	if of.Count++; f.DueAt.After(of.Latest) {
		of.Latest = f.DueAt
	}
	m[f.ScheduleID] = of
}

// noteMissed has it told which firings were missed, soon: who claims must not wait
// for it. Those of one claim are told together. When this host dies before, they are
// in the ledger, but nobody is told.
func (d *Dispatcher) noteMissed(all []settled) {
	d.mu.Lock()
	if d.missed == nil {
		d.missed = Missed{}
	}
	for _, s := range all {
		d.missed.add(s.firing)
	}
	some := len(d.missed) > 0
	d.mu.Unlock()
	if some {
		d.toFollow()
	}
}

// takeMissed returns what is to be told of, and forgets it.
func (d *Dispatcher) takeMissed() Missed {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.missed
	d.missed = nil
	return m
}

// TellMissed makes the runs that tell of missed firings, for schedules that ask for
// it: one each, however many were missed. Done again with the same, it makes nothing.
// What cannot be told of one schedule keeps nobody from hearing of the others.
func (d *Dispatcher) TellMissed(missed Missed) error {
	for id, m := range missed {
		job, ok := d.opts.Schedules.Job(id)
		if !ok {
			continue
		}
		for _, up := range job.Definition.FollowUps {
			if up.On != schedule.OnMissed || up.Action == nil {
				continue
			}
			key := fmt.Sprintf("missed:%d:%s", m.Latest.Unix(), up.Name)
			if err := d.makeStep(up, job, run.Run{IdempotencyKey: key, By: missedBy(m.Count), DueAt: m.Latest}); err != nil {
				if passing(err) || d.asking.Err() != nil {
					return fmt.Errorf("telling of missed firings of schedule %q: %w", id, err)
				}
				d.opts.Log.Error("missed firings are not told of", "schedule", id, "step", up.Name, "err", err)
			}
		}
	}
	return nil
}

// TellMissedSince tells of what the ledger has as missed since an instant: while no
// host was there, nobody was told.
func (d *Dispatcher) TellMissedSince(ctx context.Context, since time.Time) error {
	if since.IsZero() || d.opts.Outbox == nil {
		return nil
	}
	missed := Missed{}
	for _, id := range d.opts.Schedules.Select(tellsOfMissed) {
		if err := d.readMissed(ctx, missed, id, since); err != nil {
			return fmt.Errorf("reading what schedule %q has missed: %w", id, err)
		}
	}
	return d.TellMissed(missed)
}

func tellsOfMissed(def schedule.Definition) bool {
	return slices.ContainsFunc(def.FollowUps, func(f schedule.FollowUp) bool { return f.On == schedule.OnMissed })
}

func (d *Dispatcher) readMissed(ctx context.Context, into Missed, id string, since time.Time) error {
	q := store.FiringQuery{ScheduleID: id, From: since, Limit: store.MaxPage}
	for {
		firings, err := d.opts.Outbox.Firings(ctx, q)
		if err != nil {
			return err
		}
		for _, f := range firings {
			into.add(f)
		}
		if len(firings) < q.Limit {
			return nil
		}
		q.From = firings[len(firings)-1].DueAt.Add(time.Second)
	}
}

// missedBy is who asks for a run that tells of missed firings.
func missedBy(n int) string { return fmt.Sprintf("%d missed", n) }

// missedCount is what missedBy was made of.
func missedCount(by string) (n int, err error) {
	_, err = fmt.Sscanf(by, "%d missed", &n)
	return n, err
}

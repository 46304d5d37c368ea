package dispatch

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// Past is what recovery needs of the store.
type Past interface {
	SettledUntil(ctx context.Context) (time.Time, error)
	Settled(ctx context.Context, hostID string, until time.Time) error
}

// Sleep is where instants slept through are recorded.
type Sleep interface {
	Versions(ctx context.Context, since time.Time) ([]store.Version, error)
	Miss(ctx context.Context, firings []run.Firing) (int, error)
}

// Recovery settles what was due while no host was there.
type Recovery struct {
	Past      Past
	Sleep     Sleep
	Specs     *schedule.Cache
	LateLimit time.Duration
	Log       *slog.Logger
}

// overlapped is how far before the last claim recovery looks again. A schedule
// created as that claim was made may have an instant from before it; one that is
// settled already stays as it is.
const overlapped = time.Minute

// missChunk is how many missed firings are recorded in one call.
const missChunk = 5000

// Run records each instant that no host was there for, up to the one that it
// returns: from there on instants are for the engine. It comes before anything
// fires. A host that joins others leaves what may still run to the engine: the
// others may have died unnoticed.
func (r Recovery) Run(ctx context.Context, hostID string, alone bool, now time.Time) (time.Time, error) {
	until, err := r.Past.SettledUntil(ctx)
	if err != nil {
		return now, fmt.Errorf("finding what is settled: %w", err)
	}
	after, since := now, until.Add(-overlapped)
	if !alone && !until.IsZero() {
		after = now.Add(-r.LateLimit)
	}
	if !until.IsZero() && since.Before(after) {
		if err := r.missed(ctx, since, after, now); err != nil {
			return now, err
		}
	}
	return after, r.Past.Settled(ctx, hostID, after)
}

// missed records what was due in (since, until].
func (r Recovery) missed(ctx context.Context, since, until, now time.Time) error {
	versions, err := r.Sleep.Versions(ctx, since)
	if err != nil {
		return fmt.Errorf("finding the schedules that were in force: %w", err)
	}
	m := misser{sleep: r.Sleep, log: r.Log, at: now}
	for _, v := range versions {
		if err := m.version(ctx, r.Specs, v, since, until); err != nil {
			return err
		}
	}
	if err := m.flush(ctx); err != nil {
		return err
	}
	if m.total > 0 {
		r.Log.Warn("firings missed while no host was running", "count", m.total, "since", since, "until", until)
	}
	return nil
}

// misser collects missed firings and records them in chunks.
type misser struct {
	sleep Sleep
	log   *slog.Logger
	at    time.Time
	batch []run.Firing
	total int
}

// version adds the instants of one version in (since, until], as far as it was in
// force and started.
func (m *misser) version(ctx context.Context, specs *schedule.Cache, v store.Version, since, until time.Time) error {
	if !v.Started {
		return nil
	}
	spec, err := specs.Get(v.Cron, v.Timezone)
	if err != nil {
		// Checked before it was stored, by another build. It cannot fire here.
		m.log.Error("schedule cannot be read, what it missed is not known", "schedule", v.ID, "version", v.Version, "err", err)
		return nil
	}
	// What only other hosts may run is settled when its wait is over, which the last
	// claim says nothing about.
	since = since.Add(-max(0, v.Placement.Patience()+2*SweepEvery-overlapped))
	if v.Since.After(since) {
		since = v.Since
	}
	if !v.Until.IsZero() && v.Until.Before(until) {
		until = v.Until
	}
	for at := spec.Next(since); !at.IsZero() && !at.After(until); at = spec.Next(at) {
		if err := m.add(ctx, v, at); err != nil {
			return err
		}
	}
	return nil
}

func (m *misser) add(ctx context.Context, v store.Version, due time.Time) error {
	m.batch = append(m.batch, run.Firing{
		ScheduleID: v.ID,
		DueAt:      due.UTC(),
		Outcome:    run.Missed,
		Reason:     run.ReasonHostDown,
		Version:    v.Version,
		SettledAt:  m.at,
	})
	if len(m.batch) < missChunk {
		return nil
	}
	return m.flush(ctx)
}

func (m *misser) flush(ctx context.Context) error {
	if len(m.batch) == 0 {
		return nil
	}
	n, err := m.sleep.Miss(ctx, m.batch)
	if err != nil {
		return fmt.Errorf("recording missed firings: %w", err)
	}
	m.total += n
	m.batch = m.batch[:0]
	return nil
}

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

// Hosts are those that hold a lease, or held one lately.
type Hosts interface {
	Hosts(ctx context.Context) ([]store.Host, error)
}

// Holds are those that were in force at any time since an instant.
type Holds interface {
	Holds(ctx context.Context, since time.Time) ([]store.Hold, error)
}

// Recovery settles what was due while no host was there.
type Recovery struct {
	Past  Past
	Sleep Sleep
	// Hosts is nil for a store of one host.
	Hosts Hosts
	// Holds is nil for a store that keeps none.
	Holds     Holds
	Specs     *schedule.Cache
	LateLimit time.Duration
	Log       *slog.Logger
}

// Recovered is what recovery has found.
type Recovered struct {
	// After is the last instant that is settled, but for what is owed: from there on
	// instants are for the engine.
	After time.Time
	// Owed are the firings that are still to be claimed, see Dispatcher.CatchUp.
	Owed []Owed
	// Since is from when on instants were looked at; zero: none was.
	Since time.Time
}

// overlapped is how far before the last claim recovery looks again. A schedule
// created as that claim was made may have an instant from before it; one that is
// settled already stays as it is.
const overlapped = time.Minute

// missChunk is how many missed firings are recorded in one call.
const missChunk = 5000

// Run records each instant that no host was there for and that is not caught up. It
// comes before anything fires. A host that joins others leaves what may still run to
// the engine: the others may have died unnoticed. The engine knows only the versions
// in force; what those owed that others have ended was settled as they ended. When all
// that is owed is claimed, Done is to be called: until then, another start finds the
// same again.
func (r Recovery) Run(ctx context.Context, alone bool, now time.Time) (Recovered, error) {
	until, err := r.Past.SettledUntil(ctx)
	if err != nil {
		return Recovered{}, fmt.Errorf("finding what is settled: %w", err)
	}
	ended, err := r.ended(ctx, until, now)
	if err != nil {
		return Recovered{}, err
	}
	found, since := Recovered{After: ended}, until.Add(-overlapped)
	if !alone {
		found.After = now.Add(-r.LateLimit)
	}
	if until.IsZero() || !since.Before(found.After) {
		return found, nil
	}
	found.Since = since
	found.Owed, err = r.missed(ctx, absence{since: since, until: found.After, ended: ended, now: now, alone: alone, lateLimit: r.LateLimit})
	return found, err
}

// Done says that all that was found is settled.
func (r Recovery) Done(ctx context.Context, hostID string, found Recovered) error {
	return r.Past.Settled(ctx, hostID, found.After)
}

// ended is when the outage ended: as the first host came back of those that are here
// since then. What is caught up is counted from there, so that hosts which come back
// at the same time all find the same, and none records as missed what another is
// about to catch up.
func (r Recovery) ended(ctx context.Context, until, now time.Time) (time.Time, error) {
	if r.Hosts == nil {
		return now, nil
	}
	hosts, err := r.Hosts.Hosts(ctx)
	if err != nil {
		return now, fmt.Errorf("listing the hosts: %w", err)
	}
	ended := now
	for _, h := range hosts {
		if h.EndedAt.IsZero() && h.JoinedAt.After(until) && h.JoinedAt.Before(ended) {
			ended = h.JoinedAt
		}
	}
	return ended, nil
}

// absence is the time for which is recorded what was missed: (since, until].
type absence struct {
	since, until time.Time
	ended        time.Time // see Recovery.ended
	now          time.Time
	alone        bool // no other host may claim, or record as missed, what is due meanwhile
	lateLimit    time.Duration
}

// left is how much longer than the late limit other hosts may take over the firings of
// a schedule: one that may run it is waited for.
func (a absence) left(v store.Version) time.Duration {
	if a.alone || !v.Until.IsZero() || v.Placement == nil {
		return 0
	}
	return max(0, v.Placement.Patience()+2*SweepEvery-a.lateLimit)
}

// missed records what was due in an absence, and returns what is owed still.
func (r Recovery) missed(ctx context.Context, a absence) ([]Owed, error) {
	versions, err := r.Sleep.Versions(ctx, a.since)
	if err != nil {
		return nil, fmt.Errorf("finding the schedules that were in force: %w", err)
	}
	m := misser{sleep: r.Sleep, log: r.Log, absence: a}
	if r.Holds != nil {
		if m.holds, err = r.Holds.Holds(ctx, a.since); err != nil {
			return nil, fmt.Errorf("finding the holds that were in force: %w", err)
		}
	}
	for _, v := range versions {
		if err := m.version(ctx, r.Specs, v); err != nil {
			return nil, err
		}
	}
	if err := m.flush(ctx); err != nil {
		return nil, err
	}
	if m.total > 0 || len(m.owed) > 0 {
		r.Log.Warn("firings missed while no host was running", "count", m.total, "owed", len(m.owed), "since", a.since, "until", a.until)
	}
	return m.owed, nil
}

// misser collects missed firings and records them in chunks.
type misser struct {
	absence
	sleep Sleep
	holds []store.Hold
	log   *slog.Logger
	batch []run.Firing
	total int
	owed  []Owed
}

// version adds the instants of one version, as far as it was in force and started.
func (m *misser) version(ctx context.Context, specs *schedule.Cache, v store.Version) error {
	if !v.Started {
		return nil
	}
	spec, err := specs.Get(v.Timing())
	if err != nil {
		// Checked before it was stored, by another build. It cannot fire here.
		m.log.Error("schedule cannot be read, what it missed is not known", "schedule", v.ID, "version", v.Version, "err", err)
		return nil
	}
	// What only other hosts may run is settled when its wait is over, and what is
	// delayed later than its instant: the last claim says nothing about these.
	since, until := m.since.Add(-max(0, v.Placement.Patience()+2*SweepEvery-overlapped)-spec.Jitter()), m.until.Add(-m.left(v))
	if v.Since.After(since) {
		since = v.Since
	}
	if !v.Until.IsZero() && v.Until.Before(until) {
		until = v.Until
	}
	due, decide := schedule.Due{ID: v.ID, Spec: spec}, v.CatchUp.Decider(spec, m.ended)
	for at := spec.Next(since); !at.IsZero() && !at.After(until); at = spec.Next(at) {
		due.At = at
		if start := at.Add(spec.Delay(v.ID, at)); start.After(due.FireAt) {
			due.FireAt = start // not before those that precede it, as in the engine
		}
		if err := m.settle(ctx, v, due, decide); err != nil {
			return err
		}
	}
	return nil
}

// settle decides what becomes of one instant. Only the version that was in force at
// the end can owe something still: after a stop or an edit nothing is caught up.
func (m *misser) settle(ctx context.Context, v store.Version, due schedule.Due, decide func(time.Time) schedule.Decision) error {
	last := v.Until.IsZero()
	if last && startsAt(due).After(m.until) {
		m.owed = append(m.owed, Owed{Due: due, Version: v.Version, Delayed: true})
		return nil
	}
	f := run.Firing{
		ScheduleID: v.ID, DueAt: due.At.UTC(), Outcome: run.Missed, Reason: run.ReasonHostDown, Version: v.Version, SettledAt: m.now,
	}
	if hold, held := store.Holding(m.holds, v.ID, v.Tags, due.At); held {
		f.Outcome, f.Reason, f.HoldID = run.Skipped, run.ReasonHeld, hold.ID
		return m.add(ctx, f)
	}
	if last {
		reason, ok := caughtUpOr(run.ReasonHostDown, decide(due.At))
		if ok {
			m.owed = append(m.owed, Owed{Due: due, Version: v.Version})
			return nil
		}
		f.Reason = reason
	}
	return m.add(ctx, f)
}

func (m *misser) add(ctx context.Context, f run.Firing) error {
	m.batch = append(m.batch, f)
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

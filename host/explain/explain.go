package explain

import (
	"context"
	"fmt"
	"time"

	"butlerd/host/dispatch"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// Query says which instant is to be explained.
type Query struct {
	ScheduleID string
	// At is an instant in RFC 3339, a time on the wall in the schedule's zone
	// ("2026-12-24 18:00"), Last or Next. Empty: Last, or Next when none has come yet.
	At    string
	Now   time.Time       // zero: the machine's
	Specs *schedule.Cache // nil: one of its own
}

// Explain explains an instant. The error wraps store.ErrNotFound when there never was
// such a schedule, and ErrTime when At cannot be read.
func Explain(ctx context.Context, src Source, q Query) (Explanation, error) {
	if q.Now.IsZero() {
		q.Now = time.Now()
	}
	if q.Specs == nil {
		q.Specs = schedule.NewCache()
	}
	versions, err := src.VersionsOf(ctx, q.ScheduleID)
	if err != nil {
		return Explanation{}, fmt.Errorf("reading the schedule's versions: %w", err)
	}
	p, err := newPlan(versions, q.ScheduleID, q.Specs)
	if err != nil {
		return Explanation{}, err
	}
	x := &explainer{src: src, plan: p, now: q.Now}
	if err := x.choose(q); err != nil {
		return Explanation{}, err
	}
	if err := x.read(ctx); err != nil {
		return Explanation{}, fmt.Errorf("explaining %s of schedule %q: %w", stamp(x.at), q.ScheduleID, err)
	}
	return x.explanation(), nil
}

// explainer is one explanation in the making.
type explainer struct {
	src  Source
	plan *plan
	now  time.Time

	at      time.Time
	note    string   // on the time that was asked for
	version *planned // in force at; nil: none
	shown   *planned // version, or else the one nearest: for zone and name
	owed    bool
	trace   schedule.Trace

	settledUntil, kept time.Time
	hold               *store.Hold
	firing             *run.Firing
	runs               []history
	open               []history
	hosts              map[string]string // names by id
}

// choose finds the instant that is meant.
func (x *explainer) choose(q Query) (err error) {
	switch q.At {
	case "", Last:
		x.at = x.plan.upTo(q.Now)
		if x.at.IsZero() && q.At == "" {
			x.at = x.plan.after(q.Now)
		}
	case Next:
		x.at = x.plan.after(q.Now)
	default:
		x.at, x.note, err = parseTime(q.At, x.plan.latest().spec.Location())
		return err
	}
	if x.at.IsZero() {
		x.at, x.note = q.Now.UTC().Truncate(time.Second), "the schedule has no such firing: this is the present time"
	}
	return nil
}

// read reads what the ledger says of the instant.
func (x *explainer) read(ctx context.Context) (err error) {
	x.version = x.plan.at(x.at)
	if x.shown = x.version; x.shown == nil {
		x.shown = x.plan.latest()
	}
	x.owed = x.plan.owes(x.at)
	if v := x.shown; v.unread != nil {
		text := fmt.Sprintf("this program cannot read when version %d fires, so that its instants are not known: %v", v.Schedule.Version, v.unread)
		if x.note != "" {
			text = x.note + "; " + text
		}
		x.note = text
	}
	if x.trace = x.shown.spec.Trace(x.at).For(x.shown.ID); x.shown.unread != nil {
		x.trace = schedule.Trace{At: x.trace.At, Local: x.trace.Local, Timezone: x.trace.Timezone, Matches: []schedule.Match{}}
	}
	if x.settledUntil, err = x.src.SettledUntil(ctx); err != nil {
		return err
	}
	if x.kept, err = x.src.KeptSince(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{x.readFiring, x.readHold, x.readHosts, x.readRuns} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// readHold finds the hold that the firing names, or else the one in force.
func (x *explainer) readHold(ctx context.Context) error {
	holds, err := x.src.Holds(ctx, x.at)
	if err != nil {
		return err
	}
	for i, h := range holds {
		if x.firing != nil && h.ID == x.firing.HoldID {
			x.hold = &holds[i]
			return nil
		}
	}
	if h, ok := store.Holding(holds, x.shown.ID, x.shown.Tags, x.at); ok {
		x.hold = &h
	}
	return nil
}

// readHosts reads the names of the hosts. Those that ended more than a day ago are
// known by their ids only.
func (x *explainer) readHosts(ctx context.Context) error {
	hosts, err := x.src.Hosts(ctx)
	if err != nil {
		return err
	}
	x.hosts = map[string]string{}
	for _, h := range hosts {
		x.hosts[h.ID] = h.Name
	}
	return nil
}

func (x *explainer) host(id string) string {
	if name := x.hosts[id]; name != "" {
		return name
	}
	return id
}

func (x *explainer) readFiring(ctx context.Context) error {
	found, err := x.src.Firings(ctx, store.FiringQuery{ScheduleID: x.shown.ID, From: x.at, To: x.at.Add(time.Microsecond), Limit: 1})
	if err != nil || len(found) == 0 {
		return err
	}
	x.firing = &found[0]
	return nil
}

// verdict says what the instant is.
func (x *explainer) verdict() Verdict {
	switch {
	case x.firing != nil:
		return Verdict(x.firing.Outcome)
	case !x.owed:
		return NoFiring
	case x.at.After(x.now):
		return Expected
	case x.at.Before(x.kept):
		return Deleted
	case x.at.Add(x.patience()).After(x.settledUntil):
		return Waiting
	}
	return Lacking
}

// patience is how long after its due time a firing may come to be settled.
func (x *explainer) patience() time.Duration {
	// It is not handed out before those that precede it, whose delays may be longer.
	return x.version.spec.Jitter() + x.version.Definition.Placement.Patience() + 2*dispatch.SweepEvery
}

package explain

import (
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// explanation puts together what was read.
func (x *explainer) explanation() Explanation {
	e := Explanation{
		ScheduleID:   x.shown.ID,
		ScheduleName: x.shown.Name,
		At:           x.at.UTC(),
		Local:        x.local(x.at),
		Timezone:     x.shown.spec.Zone(),
		Verdict:      x.verdict(),
		Timing:       &x.trace,
		Open:         x.runViews(x.open),
		Runs:         x.runViews(x.runs),
		Before:       timeOrNil(x.plan.upTo(x.at.Add(-time.Second))),
		After:        timeOrNil(x.plan.after(x.at)),
	}
	if v := x.version; v != nil {
		e.Version = &Version{Number: v.Schedule.Version, Started: v.Started, By: v.By, Since: v.Since.UTC(), Until: timeOrNil(v.Until)}
	}
	if x.hold != nil {
		e.Hold = newHold(*x.hold)
	}
	if x.firing != nil {
		e.Firing = newFiring(*x.firing)
	}
	e.Summary = x.summary(e)
	e.Sections = x.sections(e)
	return e
}

// local is an instant on the wall of the schedule's zone.
func (x *explainer) local(t time.Time) string {
	return t.In(x.shown.spec.Location()).Format(time.RFC3339)
}

func newHold(h store.Hold) *Hold {
	return &Hold{ID: h.ID, Reason: h.Reason, By: h.By, Since: h.Since.UTC(), Until: timeOrNil(h.End()), ReleasedBy: orNil(h.ReleasedBy)}
}

func newFiring(f run.Firing) *Firing {
	return &Firing{
		Outcome:    f.Outcome,
		Reason:     orNil(string(f.Reason)),
		ReasonText: orNil(f.Reason.Text()),
		Version:    f.Version,
		RunID:      orNil(f.RunID),
		HoldID:     orNil(f.HoldID),
		SettledAt:  f.SettledAt.UTC(),
		LagSeconds: f.SettledAt.Sub(f.DueAt).Seconds(),
	}
}

func (x *explainer) runViews(list []history) []Run {
	views := make([]Run, len(list))
	for i, h := range list {
		views[i] = x.runView(h)
	}
	return views
}

func (x *explainer) runView(h history) Run {
	r := h.run
	view := Run{
		ID: r.ID, ScheduleID: r.ScheduleID, ScheduleName: r.ScheduleName, Step: orNil(r.Step),
		Trigger: r.Trigger, By: orNil(r.By), State: r.State, Reason: orNil(string(r.Reason)),
		DueAt: r.DueAt.UTC(), CreatedAt: r.CreatedAt.UTC(), StartedAt: timeOrNil(r.StartedAt), EndedAt: timeOrNil(r.EndedAt),
		ReadyAt: timeOrNil(r.ReadyAt), Pool: orNil(r.Pool), Summary: r.Summary, Error: r.Error,
		Attempts: make([]Attempt, len(h.attempts)), Children: make([]Link, len(h.children)),
	}
	for i, a := range h.attempts {
		view.Attempts[i] = Attempt{
			Number: a.Number, Host: x.host(a.HostID), State: a.State, Reason: orNil(string(a.Reason)),
			StartedAt: a.StartedAt.UTC(), EndedAt: timeOrNil(a.EndedAt), Summary: a.Summary, Error: a.Error, Resumes: orNil(a.Resumes),
		}
	}
	for i, c := range h.children {
		view.Children[i] = link(c)
	}
	if h.parent != nil {
		parent := link(*h.parent)
		view.Parent = &parent
	}
	return view
}

func link(r run.Run) Link {
	return Link{RunID: r.ID, ScheduleID: r.ScheduleID, Step: orNil(r.Step), State: r.State}
}

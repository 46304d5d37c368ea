package store

import (
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
)

// FiringOf is the firing of a Due that was claimed and did not run.
func (c Claim) FiringOf(d Due, what Claimed, version int64) run.Firing {
	return run.Firing{
		ScheduleID: d.ScheduleID, DueAt: kept(d.DueAt), Outcome: what.Outcome, Reason: what.Reason,
		HoldID: what.HoldID, Version: version, SettledAt: kept(c.At),
	}
}

// RunOf is the run of a Due that was claimed, as it is made.
func (c Claim) RunOf(d Due, what Claimed, version int64) run.Run {
	r := run.Run{
		ID: d.RunID, ScheduleID: d.ScheduleID, ScheduleName: d.Name, Version: version,
		Trigger: d.Trigger, DueAt: d.DueAt, CreatedAt: c.At, State: what.State,
		Action: d.Action, Plugin: d.Plugin,
	}
	if r.Trigger == "" {
		r.Trigger = run.ByFiring
	}
	return d.Policy.made(r)
}

// RunOf is the run that a trigger asks for, as it is made. open says that a run of
// the schedule, follow-ups aside, is.
func (t Trigger) RunOf(version int64, open bool) run.Run {
	asked := t.Run
	r := run.Run{
		ID: asked.ID, ScheduleID: asked.ScheduleID, ScheduleName: asked.ScheduleName, Version: version,
		Trigger: asked.Trigger, By: asked.By, IdempotencyKey: asked.IdempotencyKey, Step: asked.Step,
		ParentID: asked.ParentID, DueAt: asked.DueAt, CreatedAt: asked.CreatedAt, State: run.Waiting,
		Action: asked.Action, Plugin: asked.Plugin, Work: asked.Work,
	}
	if t.Start && t.Pool == "" && !(t.Overlap.Exclusive() && open) {
		r.State = run.Running
	}
	return t.Policy.made(r)
}

// made fills in what a run has of its policy, and for one that runs the start of
// its first attempt.
func (p Policy) made(r run.Run) run.Run {
	r.DueAt, r.CreatedAt = kept(r.DueAt), kept(r.CreatedAt)
	r.Pool, r.Priority = p.Pool, p.Priority
	if r.State == run.Running {
		r.StartedAt, r.Attempts = r.CreatedAt, 1
	} else if p.MaxWait > 0 {
		r.WaitUntil = kept(r.CreatedAt.Add(p.MaxWait))
	}
	return r
}

// Kept is the part of a policy that an engine keeps beside a run. What it does not
// need is zero, so that most runs have none.
type Kept struct {
	Overlap  schedule.Overlap // empty, unless it is exclusive
	OnLost   OnLost
	Attempts int           // zero with OnLostFail
	LostWait time.Duration // of OnLostRetry only
	MaxWait  time.Duration
	// Follow is set until the run has ended and is followed.
	Follow bool
}

// Kept is what an engine keeps of the policy.
func (p Policy) Kept() Kept {
	k := Kept{OnLost: p.OnLost, MaxWait: p.MaxWait, Follow: p.Follow}
	if p.Overlap.Exclusive() {
		k.Overlap = p.Overlap
	}
	switch p.OnLost {
	case OnLostRetry:
		k.Attempts, k.LostWait = p.Attempts, p.LostWait
	case OnLostResume:
		k.Attempts = p.Attempts // looks come on top of them
	}
	return k
}

// kept is a time as engines keep it.
func kept(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return moment(t.UnixMicro())
}

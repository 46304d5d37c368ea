package host_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"butlerd/host/audit"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// judge collects what is wrong with a life.
type judge struct {
	*life
	account
	found []string
}

func (j *judge) errorf(format string, args ...any) {
	j.found = append(j.found, fmt.Sprintf(format, args...))
}

func check(l *life) []string {
	a, err := readAccount(l)
	if err != nil {
		return []string{err.Error()}
	}
	j := &judge{life: l, account: a}
	j.verified()
	j.settledOnce()
	j.heldBack()
	j.caughtUp()
	j.calledOnce()
	j.apart()
	j.pooled()
	j.admitted()
	j.retried()
	j.followed()
	return j.found
}

func (j *judge) verified() {
	r, err := audit.Verify(context.Background(), j.ledger, audit.Options{Now: j.now})
	if err != nil {
		j.errorf("verify: %v", err)
		return
	}
	if !r.OK || r.Pending > 0 {
		j.errorf("verify: %d pending, %d found", r.Pending, r.Found)
	}
	for _, f := range r.Findings {
		j.errorf("verify: %s %v %v %s", f.Kind, *f.ScheduleID, f.DueAt, f.Text)
	}
}

// settledOnce holds the firings to what was owed.
func (j *judge) settledOnce() {
	due := owed(j.versions, j.now())
	settled := map[string]map[int64]bool{}
	for _, f := range j.firings {
		if settled[f.ScheduleID] == nil {
			settled[f.ScheduleID] = map[int64]bool{}
		}
		v, ok := due[f.ScheduleID][f.DueAt.Unix()]
		switch {
		case settled[f.ScheduleID][f.DueAt.Unix()]:
			j.errorf("settled twice: %+v", f)
		case !ok:
			j.errorf("not owed: %+v", f)
		case v.Version != f.Version:
			j.errorf("owed by version %d: %+v", v.Version, f)
		}
		settled[f.ScheduleID][f.DueAt.Unix()] = true
		r, there := j.runs[f.RunID]
		if (f.Outcome == run.Ran) != there || there && (r.ScheduleID != f.ScheduleID || !r.DueAt.Equal(f.DueAt)) {
			j.errorf("its run is another's: %+v, %+v", f, r)
		}
	}
	for id, list := range due {
		for at, v := range list {
			if !settled[id][at] {
				j.errorf("not settled: %s at %s, version %d in (%s, %s]", id, time.Unix(at, 0).UTC(), v.Version, v.Since, v.Until)
			}
		}
	}
}

// heldBack holds firings to the holds.
func (j *judge) heldBack() {
	for _, f := range j.firings {
		v, _ := j.version(f.ScheduleID, f.DueAt)
		_, held := store.Holding(j.holds, f.ScheduleID, v.Tags, f.DueAt)
		if held && f.Outcome == run.Ran || !held && f.Reason == run.ReasonHeld {
			j.errorf("held is %t: %+v", held, f)
		}
	}
	for _, r := range j.order {
		for _, h := range j.holds {
			v, ok := j.version(r.ScheduleID, h.Since.Add(time.Microsecond))
			if !h.Drain || !ok || !h.Covers(r.ScheduleID, v.Tags) || j.edited[r.ScheduleID] {
				continue
			}
			for _, a := range j.attempts[r.ID] {
				if a.StartedAt.After(h.Since.Add(time.Second)) && h.InForce(a.StartedAt) && r.Trigger != run.ByAPI {
					j.errorf("started while a hold lets drain: %+v of %+v, %+v", a, r, h)
				}
			}
		}
	}
}

// out says whether no host was at work for some of a time.
func (j *judge) out(from, to time.Time) bool {
	return slices.ContainsFunc(j.outages, func(s span) bool { return !s.to.Before(from) && !s.from.After(to) })
}

// caughtUp holds missed firings and those that were caught up to the outages.
func (j *judge) caughtUp() {
	for _, f := range j.firings {
		v, _ := j.version(f.ScheduleID, f.DueAt)
		r := j.runs[f.RunID]
		if f.Outcome != run.Missed && r.Trigger != run.ByCatchUp {
			continue
		}
		if !j.out(f.DueAt.Add(-time.Minute), f.SettledAt) {
			j.errorf("there was no outage: %+v", f)
		}
		if f.Outcome == run.Missed {
			continue
		}
		late := f.SettledAt.Sub(f.DueAt)
		if v.CatchUp == nil || late > v.CatchUp.Within {
			j.errorf("caught up after %s: %+v, %+v", late, f, v.CatchUp)
			continue
		}
		limit := 1
		if v.CatchUp.Mode == schedule.CatchUpAll {
			limit = v.CatchUp.Limit
		}
		if n := len(instants(v.Definition, f.DueAt, f.SettledAt)); n >= limit {
			j.errorf("caught up though %d came later: %+v", n, f)
		}
	}
}

// calledOnce holds the attempts to what the plugin saw.
func (j *judge) calledOnce() {
	calls := map[string]*call{}
	key := func(id string, n int) string { return fmt.Sprintf("%s/%d", id, n) }
	for _, c := range j.actor.calls {
		k := key(c.Run, c.Attempt)
		if calls[k] != nil {
			j.errorf("called twice: %+v", c)
		}
		calls[k] = c
		if len(j.attempts[c.Run]) < c.Attempt {
			j.errorf("called without an attempt: %+v", c)
			continue
		}
		a := j.attempts[c.Run][c.Attempt-1]
		if c.Begun.Before(a.StartedAt.Truncate(time.Microsecond)) || c.Looks != (a.Resumes > 0) {
			j.errorf("%+v was called as %+v", a, c)
		}
	}
	for _, r := range j.order {
		for _, a := range j.attempts[r.ID] {
			j.compared(a, calls[key(r.ID, a.Number)])
		}
	}
}

func (j *judge) compared(a run.Attempt, c *call) {
	if c == nil {
		if a.State == run.Succeeded || a.State == run.TimedOut || a.Reason == run.ReasonAction || a.Reason == run.ReasonUnresponsive {
			j.errorf("never called: %+v", a)
		}
		return
	}
	switch well := c.Says == saysWell && !c.WasEnded; {
	case a.State == run.Succeeded && !well, a.Reason == run.ReasonAction && (well || c.WasEnded):
		j.errorf("%+v, and its call was %+v", a, c)
	case well && a.State != run.Succeeded && a.State != run.Lost:
		j.errorf("%+v, and its call was %+v", a, c)
	case !c.WasEnded && !c.Deaf && a.State == run.Cancelled:
		j.errorf("%+v, and its call was %+v", a, c)
	}
}

// whole says whether a schedule had this overlap in all its versions.
func (j *judge) whole(id string, overlaps ...schedule.Overlap) bool {
	return !slices.ContainsFunc(j.versions, func(v store.Version) bool { return v.ID == id && !slices.Contains(overlaps, v.Overlap) })
}

// interval is one of an attempt.
type interval struct {
	from, to time.Time
	of       string
}

// most is how many intervals there are at a time, and what they are of.
func most(list []interval) (n int, of []string) {
	for _, a := range list {
		var at []string
		for _, b := range list {
			if !b.from.After(a.from) && (b.to.IsZero() || b.to.After(a.from)) {
				at = append(at, b.of)
			}
		}
		if len(at) > n {
			n, of = len(at), at
		}
	}
	return n, of
}

// apart finds runs beside each other that should have come one after another.
func (j *judge) apart() {
	bySchedule := map[string][]interval{}
	for _, r := range j.order {
		if r.Step != "" || !j.whole(r.ScheduleID, schedule.OverlapQueue, schedule.OverlapReplace) {
			continue
		}
		for _, a := range j.attempts[r.ID] {
			bySchedule[r.ScheduleID] = append(bySchedule[r.ScheduleID], interval{a.StartedAt, a.EndedAt, j.name(r.ID)})
		}
	}
	for id, list := range bySchedule {
		if n, of := most(list); n > 1 {
			j.errorf("%d runs of %s at a time: %v", n, id, of)
		}
	}
}

// pooled counts slots.
func (j *judge) pooled() {
	var pool, plugin []interval
	for _, r := range j.order {
		for _, a := range j.attempts[r.ID] {
			plugin = append(plugin, interval{a.StartedAt, a.EndedAt, j.name(r.ID)})
			if r.Pool != "" {
				pool = append(pool, interval{a.StartedAt, a.EndedAt, j.name(r.ID)})
			}
		}
	}
	if n, of := most(pool); n > j.world.Slots {
		j.errorf("%d of %d slots of the pool: %v", n, j.world.Slots, of)
	}
	if n, of := most(plugin); n > j.world.Parallel {
		j.errorf("%d of %d slots of the plugin: %v", n, j.world.Parallel, of)
	}
}

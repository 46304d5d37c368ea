package store

import (
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
)

// Fact is what an engine knows about a due firing before it is claimed.
type Fact struct {
	Settled bool   // there is a firing already
	RunID   string // of its run; empty when it has none
	// Own is that run, when its id is the Due's.
	Own     *run.Run
	Version int64  // the one that owes the firing; 0: none does
	InForce bool   // that version is in force
	HoldID  string // of the hold that keeps it from running, see Holding; empty: none
	Drains  bool   // a hold keeps its run from starting now, see Draining
	Open    bool   // a run of the schedule, follow-ups aside, is open
	// Runs are these runs in the order in which they were made. An engine reads them
	// where it must: when one is open, and the Due's Overlap is exclusive.
	Runs []run.Run
}

// Decide applies the rules of Claim to what an engine has found out about each
// Due. What is decided for one counts for those after it. A run that is in a
// Replaces with a final state has ended with the claim, also when the claim has
// made it: the engine writes both.
func Decide(c Claim, facts []Fact) []Claimed {
	claimed := make([]Claimed, len(c.Due))
	settled := make(map[firingKey]bool, len(c.Due))
	opened := map[string]*opened{}
	for i, d := range c.Due {
		f, key := facts[i], firingKey{d.ScheduleID, d.DueAt.UnixMicro()}
		f.Settled = f.Settled || settled[key]
		o := opened[d.ScheduleID]
		o.add(&f, d.Overlap)
		claimed[i] = rule(c, d, f)
		settled[key] = settled[key] || claimed[i].Won
		if claimed[i].Outcome == run.Ran && !facts[i].Settled {
			opened[d.ScheduleID] = o.with(c.RunOf(d, claimed[i], f.Version), claimed[i].Replaces)
		}
	}
	return claimed
}

// firingKey is what is unique to a firing.
type firingKey struct {
	scheduleID string
	dueAt      int64
}

// opened is what a claim has done to the open runs of a schedule.
type opened struct {
	made     []run.Run
	replaced map[string]bool // by id: those that have ended
}

// add brings a fact up to date. Nothing was done when o is nil. The runs are listed
// where the overlap asks for more than that one is open: thousands of firings of one
// schedule would each list those before it.
func (o *opened) add(f *Fact, overlap schedule.Overlap) {
	if o == nil {
		return
	}
	if f.Open = true; !overlap.Exclusive() {
		return
	}
	var open []run.Run
	for _, some := range [][]run.Run{f.Runs, o.made} {
		for _, r := range some {
			if !o.replaced[r.ID] {
				open = append(open, r)
			}
		}
	}
	f.Runs = open
}

func (o *opened) with(made run.Run, replaces []run.Run) *opened {
	if o == nil {
		o = &opened{}
	}
	o.made = append(o.made, made)
	for _, r := range replaces {
		if o.replaced == nil {
			o.replaced = map[string]bool{}
		}
		o.replaced[r.ID] = o.replaced[r.ID] || !r.State.Open()
	}
	return o
}

func rule(c Claim, d Due, f Fact) Claimed {
	switch {
	case f.Settled && f.RunID != "" && f.RunID == d.RunID:
		return again(d, f) // by an earlier call, whose answer was lost
	case f.Settled, f.Version == 0:
		return Claimed{}
	case d.Missed != run.None:
		return Claimed{Won: true, Outcome: run.Missed, Reason: d.Missed}
	case !f.InForce:
		return Claimed{Won: true, Outcome: run.Skipped, Reason: run.ReasonStopped}
	case f.HoldID != "":
		return Claimed{Won: true, Outcome: run.Skipped, Reason: run.ReasonHeld, HoldID: f.HoldID}
	case d.Overlap == schedule.OverlapSkip && f.Open:
		return Claimed{Won: true, Outcome: run.Skipped, Reason: run.ReasonOverlap}
	case d.Overlap == schedule.OverlapQueue && f.Open && queued(f.Runs) >= max(1, d.QueueLimit):
		return Claimed{Won: true, Outcome: run.Skipped, Reason: run.ReasonQueue}
	}
	claimed := ran(d.Start && d.Pool == "" && !f.Drains && !(d.Overlap.Exclusive() && f.Open))
	if d.Overlap == schedule.OverlapReplace {
		claimed.Replaces = replaced(f.Runs, c.At)
	}
	return claimed
}

// queued is how many of some runs wait for their first attempt.
func queued(runs []run.Run) (n int) {
	for _, r := range runs {
		if r.State == run.Waiting && r.Attempts == 0 {
			n++
		}
	}
	return n
}

// replaced returns open runs as they are when another one replaces them.
func replaced(open []run.Run, at time.Time) []run.Run {
	var all []run.Run
	for _, r := range open {
		switch {
		case r.State == run.Waiting && r.Resume > 0:
			r.State, r.Reason, r.EndedAt = run.Lost, run.ReasonUnknown, kept(at)
		case r.State == run.Waiting:
			r.State, r.Reason, r.EndedAt = run.Cancelled, run.ReasonReplaced, kept(at)
		}
		all = append(all, r)
	}
	return all
}

// again repeats the answer to an earlier call.
func again(d Due, f Fact) Claimed {
	if f.Own == nil { // it is pruned
		return ran(d.Start && d.Pool == "")
	}
	own := *f.Own
	// Whether other runs were open then, or a hold let them drain, is not known any
	// more, but it is known whether this one started as it was made.
	claimed := ran(d.Start && d.Pool == "" && own.StartedAt.Equal(own.CreatedAt))
	if d.Overlap != schedule.OverlapReplace || claimed.State == run.Running {
		return claimed
	}
	for _, r := range f.Runs {
		if r.State == run.Running && r.ID != own.ID && !r.CreatedAt.After(own.CreatedAt) {
			claimed.Replaces = append(claimed.Replaces, r)
		}
	}
	return claimed
}

func ran(starts bool) Claimed {
	state := run.Waiting
	if starts {
		state = run.Running
	}
	return Claimed{Won: true, Outcome: run.Ran, State: state}
}

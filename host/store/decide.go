package store

import (
	"butlerd/host/run"
	"butlerd/host/schedule"
)

// Fact is what an engine knows about a due firing before it is claimed.
type Fact struct {
	Settled bool   // there is a firing already
	RunID   string // of its run; empty when it has none
	Open    bool   // a run of the schedule is open
	Version int64  // the one that owes the firing; 0: none does
	InForce bool   // that version is in force
}

// Decide applies the rules of Claim to what an engine has found out about each
// Due. What is decided for one counts for those after it.
func Decide(due []Due, facts []Fact) []Claimed {
	claimed := make([]Claimed, len(due))
	settled := map[firingKey]bool{}
	opened := map[string]bool{}
	for i, d := range due {
		f, key := facts[i], firingKey{d.ScheduleID, d.DueAt.UnixMicro()}
		f.Settled = f.Settled || settled[key]
		f.Open = f.Open || opened[d.ScheduleID]
		claimed[i] = rule(d, f)
		settled[key] = settled[key] || claimed[i].Won
		if claimed[i].Outcome == run.Ran {
			opened[d.ScheduleID] = true
		}
	}
	return claimed
}

// firingKey is what is unique to a firing.
type firingKey struct {
	scheduleID string
	dueAt      int64
}

func rule(d Due, f Fact) Claimed {
	switch {
	case f.Settled && f.RunID != "" && f.RunID == d.RunID:
		return ran(d) // by an earlier call, whose answer was lost
	case f.Settled, f.Version == 0:
		return Claimed{}
	case d.Missed != run.None:
		return Claimed{Won: true, Outcome: run.Missed, Reason: d.Missed}
	case !f.InForce:
		return Claimed{Won: true, Outcome: run.Skipped, Reason: run.ReasonStopped}
	case d.Overlap == schedule.OverlapSkip && f.Open:
		return Claimed{Won: true, Outcome: run.Skipped, Reason: run.ReasonOverlap}
	}
	return ran(d)
}

func ran(d Due) Claimed {
	state := run.Waiting
	if d.Start {
		state = run.Running
	}
	return Claimed{Won: true, Outcome: run.Ran, State: state}
}

package host_test

import (
	"slices"
	"strings"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// openAt are the runs of a schedule's own action that were open at an instant, and how
// many of them waited for their first attempt. What began or ended just then may or may
// not have been. One is open for claims until the ledger is told of its end.
func (j *judge) openAt(id string, at time.Time, but string) (surely, maybe, waiting int) {
	for _, r := range j.order {
		if r.ScheduleID != id || r.Step != "" || r.ID == but || r.CreatedAt.After(at) || j.toldEnd(r).Before(at) {
			continue
		}
		maybe++
		if r.CreatedAt.Before(at) && r.EndedAt.After(at) {
			surely++
			if r.StartedAt.IsZero() || r.StartedAt.After(at) {
				waiting++
			}
		}
	}
	return surely, maybe, waiting
}

// toldEnd is when the ledger was told of the end of a run, at the latest: what has ended
// while the store was away is written when it is back, beside what came due meanwhile,
// and dated when it was.
func (j *judge) toldEnd(r run.Run) time.Time {
	for _, s := range j.aways {
		if !r.EndedAt.Before(s.from) && r.EndedAt.Before(s.to) {
			return s.to
		}
	}
	return r.EndedAt
}

// admitted holds what became of firings to the overlap policies.
func (j *judge) admitted() {
	for _, f := range j.firings {
		v, _ := j.version(f.ScheduleID, f.DueAt)
		if j.edited[f.ScheduleID] {
			continue // the policy is that of the version in force when it was claimed
		}
		surely, maybe, waiting := j.openAt(f.ScheduleID, f.SettledAt, f.RunID)
		caught := j.runs[f.RunID].Trigger == run.ByCatchUp
		switch {
		case f.Reason == run.ReasonOverlap && (v.Overlap != schedule.OverlapSkip || maybe == 0):
			j.errorf("skipped though %d were open: %+v", maybe, f)
		case f.Reason == run.ReasonQueue && (v.Overlap != schedule.OverlapQueue || maybe < v.QueueLimit):
			j.errorf("skipped though %d were open: %+v", maybe, f)
		case f.Outcome == run.Ran && !caught && v.Overlap == schedule.OverlapSkip && surely > 0:
			j.errorf("ran though %d were open: %+v", surely, f)
		case f.Outcome == run.Ran && !caught && v.Overlap == schedule.OverlapQueue && surely > 0 && waiting >= v.QueueLimit:
			j.errorf("ran though %d waited: %+v", waiting, f)
		}
	}
}

// policies are the retry policies that a run may have had.
func (j *judge) policies(r run.Run) (list []*schedule.Retry) {
	if r.Step != "" {
		return []*schedule.Retry{{Attempts: 3, Backoff: 30 * time.Second, MaxBackoff: 5 * time.Minute, On: []schedule.RetryOn{schedule.RetryFailed, schedule.RetryTimedOut}}}
	}
	for _, v := range j.versions {
		if v.ID == r.ScheduleID {
			list = append(list, v.Retry)
		}
	}
	return list
}

// retried holds attempts that follow others to the retry policies.
func (j *judge) retried() {
	calls := map[string]*call{}
	for _, c := range j.actor.calls {
		if len(j.attempts[c.Run]) >= c.Attempt {
			calls[c.Run+string(rune('0'+c.Attempt))] = c
		}
	}
	for _, r := range j.order {
		tries := 0
		attempts := j.attempts[r.ID]
		if len(attempts) != r.Attempts {
			j.errorf("%d attempts: %+v", len(attempts), r)
		}
		for i, a := range attempts {
			if a.Resumes == 0 {
				tries++
			}
			c := calls[r.ID+string(rune('0'+a.Number))]
			if i+1 < len(attempts) {
				j.follows(r, a, attempts[i+1], c, tries)
			} else {
				j.last(r, a, c, tries)
			}
		}
	}
}

// follows judges that another attempt follows one.
func (j *judge) follows(r run.Run, a, next run.Attempt, c *call, tries int) {
	if a.EndedAt.IsZero() || next.StartedAt.Before(a.EndedAt) {
		j.errorf("one attempt began before the other ended: %+v, %+v", a, next)
	}
	if next.Resumes > 0 {
		if a.State != run.Lost {
			j.errorf("it looks for what is not lost: %+v, %+v", a, next)
		}
		return
	}
	on := map[run.State]schedule.RetryOn{run.Failed: schedule.RetryFailed, run.TimedOut: schedule.RetryTimedOut, run.Lost: schedule.RetryLost}[a.State]
	wait := time.Duration(-1)
	for _, p := range j.policies(r) {
		if p.Covers(on) && tries < p.Attempts && (wait < 0 || p.Wait(tries) < wait) {
			wait = p.Wait(tries)
		}
	}
	if wait >= 0 && a.Reason == run.ReasonHostDied {
		wait = 0 // the store knows the first wait only
	}
	ended := c != nil && !c.WasEnded
	switch {
	case wait < 0:
		j.errorf("no policy has another attempt follow: %+v, %+v", a, next)
	case next.StartedAt.Before(a.EndedAt.Add(wait)):
		j.errorf("it did not wait for %s: %+v, %+v", wait, a, next)
	case ended && c.Says == saysPermanent && a.State == run.Failed:
		j.errorf("permanent, and yet: %+v, %+v", a, next)
	case ended && c.Says == saysLater && a.State == run.Failed && next.StartedAt.Before(a.EndedAt.Add(laterBy)):
		j.errorf("too early: %+v, %+v", a, next)
	}
}

// last judges that no other attempt follows.
func (j *judge) last(r run.Run, a run.Attempt, c *call, tries int) {
	if r.State != a.State && r.Reason != run.ReasonCancelled && r.Reason != run.ReasonReplaced && r.Reason != run.ReasonScheduleRemoved {
		j.errorf("it ended otherwise than its last attempt: %+v, %+v", r, a)
	}
	if r.State != run.Failed || a.State != run.Failed || a.Reason != run.ReasonAction || j.edited[r.ScheduleID] || r.Pool != "" && j.world.MaxWait > 0 {
		return
	}
	if c != nil && c.Says == saysPermanent {
		return
	}
	for _, p := range j.policies(r) {
		if !p.Covers(schedule.RetryFailed) || tries >= p.Attempts {
			return
		}
	}
	j.errorf("another attempt should have followed: %+v, %+v", r, a)
}

// followed holds the children of runs to the follow-ups.
func (j *judge) followed() {
	children := map[string]map[string]int{}
	for _, r := range j.order {
		if r.ParentID == "" {
			continue
		}
		if children[r.ParentID] == nil {
			children[r.ParentID] = map[string]int{}
		}
		children[r.ParentID][r.ScheduleID+" "+r.Step]++
		if p := j.runs[r.ParentID]; p.EndedAt.IsZero() || r.CreatedAt.Before(p.EndedAt) {
			j.errorf("it was begun before its parent ended: %+v, %+v", r, p)
		}
	}
	for _, r := range j.order {
		j.children(r, children[r.ID])
	}
	j.missedTold()
}

func (j *judge) children(r run.Run, has map[string]int) {
	for of, n := range has {
		if n > 1 {
			j.errorf("%d children %q: %+v", n, of, r)
		}
	}
	if r.Step != "" && len(has) > 0 {
		j.errorf("a follow-up has children: %+v", r)
	}
	unasked := r.Reason == run.ReasonStopped || r.Reason == run.ReasonHeld
	if j.edited[r.ScheduleID] || r.Step != "" || unasked {
		return
	}
	v, ok := j.version(r.ScheduleID, r.CreatedAt.Add(time.Microsecond))
	if !ok || r.Trigger == run.ByChain && (!v.Started || j.heldAt(r)) {
		// A run that another's end asks for in vain is made waiting and then ended; a
		// take that comes in between starts it, without follow-ups.
		return
	}
	want := map[string]bool{}
	for _, up := range v.FollowUps {
		if !j.asks(up, r, has[r.ScheduleID+" "+up.Name] > 0) {
			continue
		}
		if up.Action != nil {
			want[r.ScheduleID+" "+up.Name] = true
		}
		for _, id := range up.Start {
			if !j.edited[id] {
				want[id+" "] = true
			}
		}
	}
	for of := range want {
		if has[of] == 0 {
			j.errorf("no child %q: %+v", of, r)
		}
	}
	for of := range has {
		if !want[of] && !slices.ContainsFunc(v.FollowUps, func(up schedule.FollowUp) bool { return slices.Contains(up.Start, strings.TrimSpace(of)) }) {
			j.errorf("an unasked child %q: %+v", of, r)
		}
	}
}

func (j *judge) heldAt(r run.Run) bool {
	v, _ := j.version(r.ScheduleID, r.CreatedAt)
	_, held := store.Holding(j.holds, r.ScheduleID, v.Tags, r.CreatedAt)
	return held
}

// asks says whether the end of a run is an occasion. is says whether it was taken for
// one, where that cannot be told: runs before it were open still.
func (j *judge) asks(up schedule.FollowUp, r run.Run, is bool) bool {
	switch up.On {
	case schedule.OnSuccess:
		return r.State == run.Succeeded
	case schedule.OnFailure:
		return r.State.Failure()
	case schedule.OnEnd:
		return true
	case schedule.OnFailures, schedule.OnRecovery:
		n, sure := j.failuresBefore(r)
		switch {
		case !sure:
			return is
		case up.On == schedule.OnFailures:
			return r.State.Failure() && n == up.After-1
		}
		return r.State == run.Succeeded && n >= up.After
	}
	return false
}

func (j *judge) failuresBefore(r run.Run) (n int, sure bool) {
	for _, before := range slices.Backward(j.order) {
		if before.ScheduleID != r.ScheduleID || before.Step != "" || before.ID == r.ID || before.CreatedAt.After(r.CreatedAt) {
			continue
		}
		if before.CreatedAt.Equal(r.CreatedAt) || !j.toldEnd(before).Before(r.EndedAt) {
			return 0, false
		}
		if before.State == run.Cancelled {
			continue
		}
		if !before.State.Failure() {
			return n, true
		}
		n++
	}
	return n, true
}

// missedTold finds missed firings that nobody was told of.
func (j *judge) missedTold() {
	for _, v := range j.versions {
		tells := slices.ContainsFunc(v.FollowUps, func(up schedule.FollowUp) bool { return up.On == schedule.OnMissed })
		if !tells || j.edited[v.ID] || !v.Until.IsZero() && !j.only(v.ID) {
			continue
		}
		latest := time.Time{}
		for _, f := range j.firings {
			if f.ScheduleID == v.ID && f.Outcome == run.Missed && f.DueAt.After(latest) {
				latest = f.DueAt
			}
		}
		told := slices.ContainsFunc(j.order, func(r run.Run) bool {
			return r.ScheduleID == v.ID && strings.HasSuffix(r.Step, ".missed") && r.DueAt.Equal(latest)
		})
		if !latest.IsZero() && !told {
			j.errorf("nobody was told that %s missed what was due at %s", v.ID, latest)
		}
	}
}

func (j *judge) only(id string) bool {
	n := 0
	for _, v := range j.versions {
		if v.ID == id {
			n++
		}
	}
	return n < 3
}

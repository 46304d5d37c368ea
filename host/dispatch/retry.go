package dispatch

import (
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

const (
	// maxLooks is how often a lost attempt is looked for when the looking itself does
	// not get to its end.
	maxLooks  = 8
	firstLook = 5 * time.Second // wait before the second look; each further one is twice as long
	// maxRetryAfter bounds what a plugin may ask for.
	maxRetryAfter = 30 * 24 * time.Hour
)

// outcome is all that decides whether another attempt follows one that has ended.
type outcome struct {
	state  run.State
	reason run.Reason
	ending run.Ending
	// retry is the policy in force now, for runs that have one.
	retry *schedule.Retry
	// inForce says that the schedule is there still, started or stopped: a run that
	// was admitted is carried through, one whose schedule was removed is not.
	inForce bool
	resumes bool // the action can look for lost attempts
	tries   int  // attempts so far that did the work themselves
	// looks counts the attempts in a row, up to this one, that looked for a lost one;
	// 0: this one did the work itself.
	looks int
}

// again says when another attempt follows, and whether it looks for this one; nil:
// none does.
//
// Who asked for the end of a run, be it a person or a later firing, gets it,
// and what was ended with its host is final too: only what is lost then may go on,
// as after a host that died.
func (o outcome) again(at time.Time) *store.Again {
	if !o.inForce || o.ending.Hint == run.HintNever {
		return nil
	}
	switch o.ending.Cause {
	case run.CauseCancelled, run.CauseReplaced, run.CauseScheduleRemoved:
		return nil
	case run.CauseHostStopping, run.CauseLeaseLost:
		if o.state != run.Lost {
			return nil
		}
	}
	switch {
	case o.state == run.Lost:
		return o.afterLost(at)
	case o.state == run.TimedOut:
		return o.retried(schedule.RetryTimedOut, at)
	case o.state == run.Failed && o.reason != run.ReasonArguments: // the same arguments would fail again
		return o.retried(schedule.RetryFailed, at)
	}
	return nil
}

// afterLost looks for a lost attempt where that is possible, and again when the
// looking was itself interrupted. When it has found nothing, the policy decides.
func (o outcome) afterLost(at time.Time) *store.Again {
	said := o.ending.Status == run.StatusLost // rather than that nothing was heard
	switch {
	case !o.resumes, o.looks > 0 && said, o.looks >= maxLooks:
		return o.retried(schedule.RetryLost, at)
	case o.looks > 0:
		return &store.Again{ReadyAt: at.Add(firstLook << (o.looks - 1)), Resume: true}
	}
	return &store.Again{ReadyAt: at, Resume: true}
}

func (o outcome) retried(on schedule.RetryOn, at time.Time) *store.Again {
	if !o.retry.Covers(on) || o.tries >= o.retry.Attempts {
		return nil
	}
	wait := o.retry.Wait(o.tries)
	if o.ending.Hint == run.HintAfter {
		wait = max(wait, min(o.ending.RetryAfter, maxRetryAfter))
	}
	return &store.Again{ReadyAt: at.Add(wait)}
}

// settle says how an attempt ended. One that looked for another starts nothing: where
// it did not get to an answer, the end of the other is as unknown as before.
func settle(e run.Ending, looked bool) (run.State, run.Reason) {
	state, reason := e.Settle()
	if !looked {
		return state, reason
	}
	if e.Status == run.StatusCancelled && e.Cause == run.CauseTimeout {
		return run.Lost, run.ReasonUnknown // the looking took too long, which says nothing of the other
	}
	switch reason {
	case run.ReasonArguments, run.ReasonPluginDown, run.ReasonHostStopping, run.ReasonLeaseLost, run.ReasonScheduleRemoved:
		return run.Lost, run.ReasonUnknown
	}
	return state, reason
}

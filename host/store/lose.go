package store

import (
	"time"

	"butlerd/host/run"
)

// LookWait is how long a lost attempt is not looked for after its host is gone: what
// took that one down may do the same to the next.
const LookWait = 5 * time.Second

// MaxLooks is how many attempts more than its tries a run may have to look for lost
// ones as hosts are gone: a look that takes its host down must not go from one to the
// next for ever.
const MaxLooks = 8

// Lose is what becomes of a run when an attempt of it is lost because its host is
// gone: number is the attempt's, resumes the one that it looked for.
func (k Kept) Lose(r run.Run, number, resumes int, at time.Time) run.Run {
	switch {
	case k.OnLost == OnLostResume && r.Attempts < max(1, k.Attempts)+MaxLooks:
		return wait(r, Again{ReadyAt: at.Add(LookWait), MaxWait: k.MaxWait}, at, resumed(number, resumes))
	case k.OnLost == OnLostRetry && r.Attempts < k.Attempts:
		return wait(r, Again{ReadyAt: at.Add(k.LostWait), MaxWait: k.MaxWait}, at, 0)
	}
	r.State, r.Reason, r.EndedAt = run.Lost, run.ReasonHostDied, kept(at)
	return r
}

// Of is the run that waits for another attempt after one that ended at an instant:
// number is that one's, resumes the one that it looked for.
func (a Again) Of(r run.Run, number, resumes int, at time.Time) run.Run {
	resume := 0
	if a.Resume {
		resume = resumed(number, resumes)
	}
	return wait(r, a, at, resume)
}

func wait(r run.Run, a Again, at time.Time, resume int) run.Run {
	r.State, r.ReadyAt, r.WaitUntil, r.Resume = run.Waiting, kept(a.ReadyAt), time.Time{}, resume
	if a.MaxWait > 0 {
		from := a.ReadyAt
		if from.IsZero() {
			from = at
		}
		r.WaitUntil = kept(from.Add(a.MaxWait))
	}
	return r
}

// resumed is the attempt that the next one has to look for. One that looked for
// another has started nothing that could be found.
func resumed(number, resumes int) int {
	if resumes > 0 {
		return resumes
	}
	return number
}

// GiveUp is a run that waited too long, as it ends: last is its last attempt, nil
// when it had none.
func GiveUp(r run.Run, last *run.Attempt, at time.Time) run.Run {
	r.State, r.Reason, r.EndedAt = run.Cancelled, run.ReasonWaitedTooLong, kept(at)
	if last != nil {
		r.State, r.Reason, r.Summary, r.Error = last.State, last.Reason, last.Summary, last.Error
	}
	return r
}

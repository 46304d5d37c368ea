package store

import (
	"context"
	"slices"
	"time"
)

// Holds keeps the holds. One in force keeps firings from running: see Claim. It is of
// firings whose DueAt lies in it. What came due before goes on, be it delayed by
// jitter, late, waiting or to be tried again, unless the hold drains.
type Holds interface {
	// Hold puts a hold in force from Since on. A Since before the latest settled
	// instant of any schedule that it is of is moved to that, as by Change. It returns
	// the hold as it is kept. ErrExists when the id is taken.
	Hold(ctx context.Context, h Hold) (Hold, error)
	// Release ends a hold, and returns it as it is now. One that has ended is left as
	// it is. A time before an instant that the hold has kept from running is moved to
	// that. ErrNotFound when there is none of that id.
	Release(ctx context.Context, id string, at time.Time, by string) (Hold, error)
	// Holds lists the holds that were in force at any time since t, in the order of
	// Since, then of their ids.
	Holds(ctx context.Context, since time.Time) ([]Hold, error)
}

// Hold keeps the schedules of its scope from firing while it is in force, in the
// interval (Since, end]. Exactly one of All, Tag and ScheduleID is set.
type Hold struct {
	ID         string // a UUID, version 7
	All        bool
	Tag        string
	ScheduleID string
	Reason     string // in words of whoever made it
	By         string
	Since      time.Time
	Until      time.Time // when it ends by itself; zero: it does not
	// Drain says that runs that wait are not started either, and that what is claimed
	// waits, see Draining; those that run go on to their end.
	Drain      bool
	ReleasedAt time.Time // zero: it was not
	ReleasedBy string
}

// End is when the hold goes out of force; zero when that is not known yet.
func (h Hold) End() time.Time {
	if h.ReleasedAt.IsZero() || !h.Until.IsZero() && h.Until.Before(h.ReleasedAt) {
		return h.Until
	}
	return h.ReleasedAt
}

// InForce says whether the hold is in force at an instant.
func (h Hold) InForce(at time.Time) bool {
	end := h.End()
	return at.After(h.Since) && (end.IsZero() || !at.After(end))
}

// Covers says whether a schedule is in the hold's scope.
func (h Hold) Covers(scheduleID string, tags []string) bool {
	return h.All || h.ScheduleID != "" && h.ScheduleID == scheduleID || h.Tag != "" && slices.Contains(tags, h.Tag)
}

// Holding returns the first of some holds, in the order of Holds, that keeps a
// schedule's firing from running.
func Holding(holds []Hold, scheduleID string, tags []string, dueAt time.Time) (Hold, bool) {
	for _, h := range holds {
		if h.Covers(scheduleID, tags) && h.InForce(dueAt) {
			return h, true
		}
	}
	return Hold{}, false
}

// Draining says whether one of some holds keeps a schedule's run from starting with
// its claim, at an instant. When a hold began is not asked: one that the claim finds
// is in force when it commits, be it that it was made after the instant that the claim
// is of. A run that waits without need is taken at once.
func Draining(holds []Hold, scheduleID string, tags []string, at time.Time) bool {
	return slices.ContainsFunc(holds, func(h Hold) bool {
		end := h.End()
		return h.Drain && h.Covers(scheduleID, tags) && (end.IsZero() || !at.After(end))
	})
}

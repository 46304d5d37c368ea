package cutover

import (
	"context"
	"slices"
	"time"

	"butlerd/host/schedule"
)

// Stand is where a schedule is started.
type Stand struct {
	ID           string
	Butler, Here string // started, stopped or unknown
}

// Stands asks both sides where the schedules are started.
func (s *Switch) Stands(ctx context.Context) []Stand {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	list := make([]Stand, len(s.Note.Schedules))
	for i, id := range s.Note.Schedules {
		list[i] = Stand{ID: id, Butler: stateOn(ctx, s.Butler, id), Here: stateOn(ctx, s.Here, id)}
	}
	return list
}

func stateOn(ctx context.Context, side Side, id string) string {
	started, err := side.Started(ctx, id)
	if err != nil {
		return "unknown"
	}
	return stateWord(started)
}

// Unstarted is an instant while a schedule was being taken over.
type Unstarted struct {
	ScheduleID string
	DueAt      time.Time
	// Certain says that the schedule was started on neither side. Otherwise a request
	// was under way, and one side may have started the task.
	Certain bool
}

// maxUnstarted bounds the list.
const maxUnstarted = 10_000

// Unstarted lists the instants between the stop and the start of each schedule, in
// order of time.
func (s *Switch) Unstarted(specs map[string]*schedule.Spec) []Unstarted {
	var list []Unstarted
	for id, t := range s.times {
		spec, until := specs[id], t.started
		if until.IsZero() {
			until = time.Now() // it is started nowhere
		}
		if spec == nil {
			continue
		}
		for at := spec.Next(t.stopAsked); !at.IsZero() && !at.After(until) && len(list) < maxUnstarted; at = spec.Next(at) {
			certain := !t.stopped.IsZero() && at.After(t.stopped) && (t.startAsked.IsZero() || at.Before(t.startAsked))
			list = append(list, Unstarted{ScheduleID: id, DueAt: at, Certain: certain})
		}
	}
	slices.SortFunc(list, func(a, b Unstarted) int { return a.DueAt.Compare(b.DueAt) })
	return list
}

package shadow

import (
	"context"
	"time"
)

// ends asks again for executions of the plan's tasks whose end is not known, the
// latest ones. When Qlik Sense does not answer, the next look asks.
func (o *Observer) ends(ctx context.Context) (list []Start) {
	ours := o.Plan.tasks()
	open := o.Journal.History().sorted(func(s Start) bool { return s.EndedAt == nil && ours[s.TaskID] })
	for _, s := range open[max(0, len(open)-maxOpen):] {
		found, err := o.ask(ctx, s.At.Truncate(time.Millisecond), s.At.Add(time.Second))
		if err != nil {
			return list
		}
		list = append(list, found...)
	}
	return list
}

// forgotten says from when on Qlik Sense still knows what was started, after a long
// time without looks: it deletes old executions. It is until, when it knows all. The
// test is whether it still knows of the last ones that it told of.
func (o *Observer) forgotten(ctx context.Context, until, to time.Time, starts []Start) (time.Time, *Gap, error) {
	if to.Sub(until) < max(longAway, 10*o.Every) {
		return until, nil, nil
	}
	last := o.lastBefore(until)
	if last == nil {
		return until, nil, nil // nothing that could have been deleted
	}
	found, err := o.ask(ctx, last.At.Truncate(time.Millisecond), last.At.Add(time.Second))
	if err != nil {
		return until, nil, err
	}
	for _, s := range found {
		if s.ID == last.ID {
			return until, nil, nil
		}
	}
	from := to
	if len(starts) > 0 && starts[0].At.Before(to) {
		from = starts[0].At
	}
	if !from.After(until) {
		return until, nil, nil
	}
	return from, &Gap{Interval{until, from}, "nobody looked, and Qlik Sense does not know any more what was started"}, nil
}

// lastBefore is the last known execution that began before a time.
func (o *Observer) lastBefore(at time.Time) (last *Start) {
	for _, s := range o.Journal.History().Starts {
		if s.At.Before(at) && (last == nil || s.At.After(last.At)) {
			last = &s
		}
	}
	return last
}

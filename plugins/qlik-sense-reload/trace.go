package reload

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

// reach is how long after it was noted a start may take effect: it was sent right
// then, but may have waited for an answer. What begins later somebody else has
// started.
const reach = time.Minute

// window is in which executions can be those of a lost start, by Qlik Sense's
// clock.
type window struct {
	from  time.Time
	to    time.Time // zero: open
	until time.Time // an execution that has not shown up by then never began
	not   map[uuid.UUID]bool
}

// window of a task. Without a mark nothing is known but when the attempt began, by
// another clock: how far apart the two are now they were then.
func (j *job) window(m mark, now time.Time) window {
	w := window{not: map[uuid.UUID]bool{uuid.Nil: true}}
	for _, id := range m.Not {
		w.not[id] = true
	}
	if m.Since.IsZero() {
		apart := time.Until(now)
		w.from = j.lost.StartedAt.Add(apart - clockSlack)
		w.until = now.Add(lookFor)
		return w
	}
	w.from, w.to = m.Since.Add(-clockSlack), m.Since.Add(reach)
	w.until = w.to
	return w
}

// trace looks for the execution that the lost attempt started before it could note
// which it is. Exactly one must fit: a second start is worse than a run whose end
// is not known.
func (j *job) trace(ctx context.Context, m mark) (uuid.UUID, error) {
	var w window
	for {
		var fit, other []uuid.UUID
		var now time.Time
		err := j.insist(ctx, func() (err error) {
			var open []qrs.Session
			if open, now, err = j.client.Executing(ctx, j.task); err != nil {
				return err
			}
			if w.from.IsZero() {
				w = j.window(m, now)
			}
			fit, other, err = j.executions(ctx, open, w)
			return err
		})
		switch {
		case err != nil:
			return uuid.Nil, failure{unknown, fmt.Errorf("whether the task was started is not known yet: %w", err)}
		case len(fit) == 1:
			j.log.Info("the lost attempt started an execution", "session_id", fit[0])
			return fit[0], nil
		case len(fit)+len(other) > 0:
			return uuid.Nil, failure{unknown, fmt.Errorf("whether the task was started cannot be known: %s", doubt(fit, other))}
		case !now.Before(w.until):
			return uuid.Nil, errNeverStarted
		}
		if err := sleep(ctx, lookEvery); err != nil {
			return uuid.Nil, failure{unknown, fmt.Errorf("whether the task was started is not known yet: %w", err)}
		}
	}
}

// doubt says why no execution is taken for that of the lost attempt.
func doubt(fit, other []uuid.UUID) string {
	if len(fit) > 1 {
		return fmt.Sprintf("%d executions of it in Qlik Sense fit", len(fit))
	}
	return fmt.Sprintf("an execution of it in Qlik Sense (%s) was most likely started by somebody else", other[0])
}

// executions are those of the task that began in the window, and others that began
// after its beginning.
func (j *job) executions(ctx context.Context, open []qrs.Session, w window) (fit, other []uuid.UUID, err error) {
	began := map[uuid.UUID]time.Time{}
	foreign := map[uuid.UUID]bool{}
	for _, s := range open {
		began[s.ID] = cmp.Or(s.Result.StartTime.Time, s.Created.Time)
		foreign[s.ID] = j.foreign(s)
	}
	results, err := j.client.ResultsSince(ctx, j.task.ID, w.from)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range results {
		if !w.not[r.ID] {
			began[r.ExecutionID] = r.StartTime.Time
		}
	}
	for id := range began {
		if w.not[id] {
			continue
		}
		first, err := j.began(ctx, id, began[id])
		switch {
		case err != nil:
			return nil, nil, err
		case first.IsZero():
			other = append(other, id)
		case first.Before(w.from): // Qlik Sense has tried it again since
		case foreign[id] || !w.to.IsZero() && first.After(w.to):
			other = append(other, id)
		default:
			fit = append(fit, id)
		}
	}
	return fit, other, nil
}

// began is when an execution began: each retry of Qlik Sense has a later result.
func (j *job) began(ctx context.Context, session uuid.UUID, first time.Time) (time.Time, error) {
	results, err := j.client.Results(ctx, session)
	for _, r := range results {
		if !r.StartTime.IsZero() && r.StartTime.Before(first) {
			first = r.StartTime.Time
		}
	}
	return first, err
}

// foreign reports whether somebody else started an execution. It is not known of
// one that has ended, nor of a user that only a proxy knows.
func (j *job) foreign(s qrs.Session) bool {
	own := j.client.User()
	return own != "" && s.User != "" && !strings.EqualFold(own, s.User)
}

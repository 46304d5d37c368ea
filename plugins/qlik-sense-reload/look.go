package reload

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

// lookFor is how long Qlik Sense may take to show an execution that was started.
const lookFor = 10 * time.Second

// lookEvery is the time between two looks for it.
const lookEvery = time.Second

// clockSlack is how far apart the clocks of a proxy and of the node behind it may
// be.
const clockSlack = 5 * time.Second

// look finds out whether a start took effect that failed with an error. Only a
// look at the end of a while that finds nothing is believed, and even then not
// when the start may still wait somewhere to be carried out.
func (j *job) look(since time.Time, cause error) (uuid.UUID, error) {
	began := time.Now()
	for {
		last := time.Since(began) >= lookFor
		var session uuid.UUID
		err := j.insist(j.late, func() (err error) {
			session, err = j.find(since)
			return err
		})
		switch {
		case err != nil:
			return uuid.Nil, failure{unknown, fmt.Errorf("%w; whether the task was started cannot be known: %w", cause, err)}
		case session != uuid.Nil:
			j.log.Info("start took effect", "session_id", session)
			return session, nil
		case last:
			return uuid.Nil, untraced(cause)
		}
		if err := sleep(j.late, lookEvery); err != nil {
			return uuid.Nil, failure{unknown, fmt.Errorf("%w; whether the task was started is not known yet: %w", cause, err)}
		}
	}
}

// untraced is the error of a start that Qlik Sense shows nothing of.
func untraced(cause error) error {
	if qrs.MayYetTakeEffect(cause) {
		return failure{unknown, fmt.Errorf("%w; no execution of the task has shown up, but one may yet begin", cause)}
	}
	return fmt.Errorf("%w; the task was not started: Qlik Sense shows no execution of it", cause)
}

// find gives the session of an execution of the task that was not there before
// the start, zero if there is none. Open ones come first: a result may show later
// than its session.
func (j *job) find(since time.Time) (uuid.UUID, error) {
	open, _, err := j.client.Executing(j.late, j.task)
	if err != nil {
		return uuid.Nil, err
	}
	if len(open) > 0 {
		return open[0].ID, nil
	}
	results, err := j.client.ResultsSince(j.late, j.task.ID, since.Add(-clockSlack))
	if err != nil {
		return uuid.Nil, err
	}
	for _, r := range results {
		if !j.before[r.ID] && !j.before[r.ExecutionID] {
			return r.ExecutionID, nil
		}
	}
	return uuid.Nil, nil
}

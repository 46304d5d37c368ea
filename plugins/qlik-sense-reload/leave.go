package reload

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// stopEvery is the time between two looks at a task that is being stopped.
const stopEvery = 500 * time.Millisecond

// leave ends the following of a task because the attempt was cancelled or is out
// of time, and stops the task where the run wants that.
func (j *job) leave(ctx context.Context, session uuid.UUID) error {
	cause := context.Cause(ctx)
	if !j.args.StopOnCancel {
		j.log.Warn("task goes on in Qlik Sense without being followed", "cause", cause.Error())
		return fmt.Errorf("%w; the task goes on in Qlik Sense", cause)
	}
	j.log.Info("stopping task", "cause", cause.Error())
	ended, err := j.stop(session)
	switch {
	case err != nil:
		return fmt.Errorf("%w; stopping the task in Qlik Sense failed, it may go on: %w", cause, err)
	case !ended:
		return fmt.Errorf("%w; Qlik Sense was asked to stop the task and has not done so yet", cause)
	}
	j.log.Info("task is stopped", "status", j.report.Status)
	return fmt.Errorf("%w; the task in Qlik Sense has ended: %s", cause, j.report.Status)
}

// stop stops the execution and waits for its end as long as there is time. One
// that has ended already is not stopped: somebody may have started the next.
func (j *job) stop(session uuid.UUID) (ended bool, err error) {
	for asked := false; ; {
		open, err := j.client.Session(j.late, session)
		switch {
		case err != nil && asked && j.late.Err() != nil:
			return false, nil
		case err != nil:
			return false, err
		case open == nil:
			j.keepLast(session)
			return true, nil
		case !asked:
			if err := j.client.Stop(j.late, j.task.ID); err != nil {
				return false, err
			}
			asked = true
		}
		if sleep(j.late, stopEvery) != nil {
			return false, nil
		}
	}
}

// keepLast takes over the result of an execution that has ended; without it the
// report is merely shorter.
func (j *job) keepLast(session uuid.UUID) {
	results, err := j.client.Results(j.late, session)
	if err == nil && len(results) > 0 {
		j.keep(results[0])
	}
}

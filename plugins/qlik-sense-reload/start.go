package reload

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

// start starts the task, after what the run wants done about other executions of
// it. The session is zero when the task is left alone.
func (j *job) start(ctx context.Context) (uuid.UUID, error) {
	for ctx.Err() == nil {
		open, at, err := j.client.Executing(ctx, j.task)
		if err != nil {
			return uuid.Nil, err
		}
		if len(open) == 0 {
			session, err := j.send(ctx, at)
			if err != nil || session != uuid.Nil {
				return session, err
			}
			if open, err = j.whyNot(ctx); err != nil {
				return uuid.Nil, err
			}
		}
		again, err := j.clash(ctx, open)
		if err != nil || !again {
			return uuid.Nil, err
		}
	}
	return uuid.Nil, context.Cause(ctx)
}

// send sends one start, and is not cut off while it is under way: whoever cancels
// wants to know what happened. since is a time of Qlik Sense's clock at which
// nothing of the task was executing.
func (j *job) send(ctx context.Context, since time.Time) (uuid.UUID, error) {
	if ctx.Err() != nil {
		return uuid.Nil, context.Cause(ctx)
	}
	if err := j.noteStart(since); err != nil {
		return uuid.Nil, fmt.Errorf("not started: %w", err)
	}
	j.log.Info("starting task")
	session, err := j.client.Start(j.late, j.task.ID)
	switch {
	case qrs.NotFound(err):
		return uuid.Nil, failure{hopeless, err}
	case err == nil || !qrs.MayHaveTakenEffect(err):
		return session, err
	}
	j.log.Warn("start was not answered as it should be, looking whether it took effect", "err", err)
	return j.look(since, err)
}

// whyNot finds out, after Qlik Sense did not start the task, what it may have
// against it: other executions, or an error. A request that fails leaves the
// reason unknown, which is no worse than before.
func (j *job) whyNot(ctx context.Context) ([]qrs.Session, error) {
	if !j.task.Enabled {
		return nil, failure{hopeless, j.refuse(refusedDisabled, "the task is disabled in Qlik Sense")}
	}
	if open, _, err := j.client.Executing(ctx, j.task); err == nil && len(open) > 0 {
		return open, nil
	}
	if j.task.App != nil {
		if open, err := j.client.Reloading(ctx, j.task.App.ID); err == nil && len(open) > 0 {
			return open, nil
		}
	}
	return nil, j.refuse(refusedUnexplained, "Qlik Sense gives no reason; it is so when there is no scheduler to execute the task, or its app is not available")
}

// clash does what if_running says. again means that a start can be tried: what
// was open has ended.
func (j *job) clash(ctx context.Context, open []qrs.Session) (again bool, err error) {
	other := open[0]
	j.log.Info("task cannot start beside another execution", "if_running", j.args.IfRunning, "session_id", other.ID)
	switch j.args.IfRunning {
	case ifRunningSkip:
		j.report.Status = alreadyRunning
		return false, nil
	case ifRunningStop:
		if task := other.Task(); task != nil && task.ID == j.task.ID {
			j.log.Info("stopping the other execution", "session_id", other.ID)
			err = j.client.Stop(ctx, j.task.ID)
		}
	case ifRunningError:
		return false, j.refuse(refusedExecuting, "%s", j.describe(other))
	}
	if err != nil {
		return false, err
	}
	j.tell(fmt.Sprintf("%q waits: %s", j.task.Name, j.describe(other)))
	return true, j.gone(ctx, open)
}

// describe says what is in the way.
func (j *job) describe(other qrs.Session) string {
	task := other.Task()
	if task == nil || task.ID == j.task.ID {
		return fmt.Sprintf("the task is already executing (session %s)", other.ID)
	}
	return fmt.Sprintf("its app is being reloaded by the task %q (session %s)", cut(task.Name, maxText), other.ID)
}

// gone waits for the end of sessions.
func (j *job) gone(ctx context.Context, open []qrs.Session) error {
	began := time.Now()
	for _, s := range open {
		j.ignore(s.ID)
		for ended := false; !ended; {
			if err := sleep(ctx, j.args.interval(time.Since(began))); err != nil {
				return err
			}
			err := j.insist(ctx, func() error {
				session, err := j.client.Session(ctx, s.ID)
				ended = err == nil && session == nil
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

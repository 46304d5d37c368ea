package reload

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

// States of a task that Qlik Sense has no name for.
const (
	notStarted     = "NotStarted"
	alreadyRunning = "AlreadyRunning"
	unknownStatus  = "Unknown"
)

// job is one task of a run.
type job struct {
	*batch
	task   qrs.Task
	log    *slog.Logger
	report TaskReport
	err    error
	before map[uuid.UUID]bool // results and sessions that are not of this job's start
	latest []uuid.UUID        // the last of them that were found; at most maxLatest
}

func newJob(b *batch, task qrs.Task) *job {
	j := &job{
		batch:  b,
		task:   task,
		log:    b.run.Log.With("task", task.Name, "task_id", task.ID),
		report: TaskReport{ID: task.ID.String(), Name: task.Name, Status: notStarted},
		before: map[uuid.UUID]bool{uuid.Nil: true},
	}
	j.ignore(task.Operational.Last.ID)
	if task.App != nil {
		j.report.App = task.App.Name
	}
	return j
}

// maxLatest is how many executions a checkpoint names that are not meant. Only those
// that began just before the start could be taken for it. More do not fit beside
// hundreds of tasks.
const maxLatest = 2

// ignore makes a result or a session one that is not of this job's start.
func (j *job) ignore(id uuid.UUID) {
	if j.before[id] {
		return
	}
	j.before[id] = true
	j.latest = append(j.latest, id)
	j.latest = j.latest[max(0, len(j.latest)-maxLatest):]
}

// execute starts the task and follows it, as far as the run wants that, and keeps
// how it went.
func (j *job) execute(ctx context.Context) {
	j.err = j.attempt(ctx)
	j.noteEnd()
	if j.err == nil {
		j.report.Succeeded = true
		return
	}
	j.report.Error = cut(j.err.Error(), maxText)
	if kindOf(j.err) == unknown {
		j.report.Status = unknownStatus
	}
	j.log.Error("task did not succeed", "status", j.report.Status, "err", j.err)
}

func (j *job) attempt(ctx context.Context) error {
	session, err := j.begin(ctx)
	if err != nil {
		return err
	}
	j.took()
	if session == uuid.Nil {
		return nil
	}
	j.report.SessionID = session.String()
	j.report.Status = qrs.Triggered.String()
	if !j.args.Wait {
		return nil
	}
	result, err := j.follow(ctx, session)
	switch {
	case err != nil && ctx.Err() != nil:
		return j.leave(ctx, session)
	case err != nil:
		return failure{unknown, err}
	}
	return j.end(ctx, result)
}

// begin starts the task, or finds what the lost attempt started. The session is
// zero when there is nothing to follow.
func (j *job) begin(ctx context.Context) (uuid.UUID, error) {
	if j.lost != nil {
		return j.recover(ctx)
	}
	session, err := j.start(ctx)
	if err == nil && session != uuid.Nil {
		j.noteSession(ctx, session)
		j.log.Info("task started", "session_id", session)
	}
	return session, err
}

// end keeps how the execution ended and says whether that is a success.
func (j *job) end(ctx context.Context, r qrs.Result) error {
	j.keep(r)
	if r.Status == qrs.FinishedSuccess {
		j.log.Info("task finished", "status", r.Status.String(), "duration", j.duration().String())
		return nil
	}
	j.report.Details = failureDetails(r)
	j.report.ScriptLog = j.scriptLog(ctx, r)
	return j.reason(r)
}

// keep takes over what a result says.
func (j *job) keep(r qrs.Result) {
	j.report.Status = r.Status.String()
	j.report.Node = r.Node
	j.report.StartedAt, j.report.StoppedAt = r.StartTime.Time, r.StopTime.Time
	took := time.Duration(r.Duration) * time.Millisecond
	if took <= 0 && !r.StopTime.IsZero() && !r.StartTime.IsZero() {
		took = r.StopTime.Sub(r.StartTime.Time) // Qlik Sense has not filled it in yet
	}
	j.report.Duration = took.Seconds()
}

func (j *job) duration() time.Duration {
	return time.Duration(j.report.Duration * float64(time.Second)).Round(time.Millisecond)
}

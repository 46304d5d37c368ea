package reload

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrs"
	"butlerd/sdk"
)

// errNeverStarted is the error of a task that the lost attempt did not start. A
// retry may.
var errNeverStarted = errors.New("was never started: Qlik Sense shows no execution of it since before the lost attempt would have started it")

// lostJobs are the tasks of an attempt that was lost: those that the arguments
// mean, and those that it noted. An error leaves open what became of it.
func (b *batch) lostJobs(ctx context.Context, lost *sdk.LostAttempt) error {
	noted := checkpoint{StartedAt: lost.StartedAt}
	if err := lost.Decode(&noted); err != nil && !errors.Is(err, sdk.ErrNoCheckpoint) {
		return failure{unknown, err}
	}
	b.lost, b.deleted = &noted, map[uuid.UUID]bool{}
	b.notes = newNotes(b.run, noted)
	b.run.Log.Info("looking for what became of a lost attempt", "number", lost.Attempt, "noted", len(noted.Tasks))
	if err := b.notes.keep(); err != nil { // so that whoever looks for this attempt finds it again
		return failure{unknown, err}
	}
	tasks, err := b.lostTasks(ctx)
	if err != nil {
		return failure{unknown, fmt.Errorf("what became of the lost attempt cannot be known: %w", err)}
	}
	for _, task := range tasks {
		b.jobs = append(b.jobs, newJob(b, task))
	}
	return nil
}

// lostTasks reads the tasks. What is noted counts even when the arguments mean
// none any more: tags change, and tasks are deleted.
func (b *batch) lostTasks(ctx context.Context) (tasks []qrs.Task, err error) {
	read := func() error {
		tasks, err = b.args.selectTasks(ctx, b.client)
		if kindOf(err) == hopeless {
			return nil // asking again does not change it
		}
		return err
	}
	if failed := insist(ctx, b.run.Log, read); failed != nil {
		return nil, failed
	}
	noted := b.lost.ids()
	if err != nil && len(noted) == 0 {
		return nil, err
	}
	for _, task := range tasks {
		delete(noted, task.ID)
	}
	for id := range noted {
		task, err := b.noted(ctx, id)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, task)
	}
	sortTasks(tasks)
	return tasks, nil
}

// noted reads a task that is noted. One that is not there any more has its id for a
// name.
func (b *batch) noted(ctx context.Context, id uuid.UUID) (qrs.Task, error) {
	var found []qrs.Task
	err := insist(ctx, b.run.Log, func() (err error) {
		found, err = b.client.Tasks(ctx, qrs.ID("id", id))
		return err
	})
	if err == nil && len(found) == 0 {
		b.deleted[id] = true
		return qrs.Task{ID: id, Name: id.String()}, nil
	}
	if err != nil {
		return qrs.Task{}, err
	}
	return found[0], nil
}

// ids are all tasks that are noted.
func (c *checkpoint) ids() map[uuid.UUID]bool {
	ids := map[uuid.UUID]bool{}
	for id := range c.Tasks {
		ids[id] = true
	}
	for _, list := range [][]byte{c.Succeeded, c.Failed} {
		for _, id := range ids16(list) {
			ids[id] = true
		}
	}
	return ids
}

// recover finds the execution of the task that the lost attempt started. It is zero
// when there is none to follow.
func (j *job) recover(ctx context.Context) (uuid.UUID, error) {
	m := j.lost.Tasks[j.task.ID]
	switch {
	case m.Session != uuid.Nil:
		return m.Session, nil
	case m.Status != "":
		return uuid.Nil, j.recall(m)
	case listed(j.lost.Succeeded, j.task.ID):
		j.report.Status = qrs.FinishedSuccess.String()
		return uuid.Nil, nil
	case listed(j.lost.Failed, j.task.ID):
		return uuid.Nil, errors.New("failed; the lost attempt has not noted why")
	case j.deleted[j.task.ID]:
		return uuid.Nil, failure{unknown, errors.New("the task is not in Qlik Sense any more; whether it was started cannot be known")}
	}
	session, err := j.trace(ctx, m)
	if err == nil {
		j.noteSession(ctx, session)
	}
	return session, err
}

func listed(list []byte, task uuid.UUID) bool {
	for _, id := range ids16(list) {
		if id == task {
			return true
		}
	}
	return false
}

// recall takes over what is noted of a task without an execution.
func (j *job) recall(m mark) error {
	j.report.Status, j.report.Refused = m.Status, m.Refused
	switch {
	case m.Error == "":
		return nil
	case m.Hopeless:
		return failure{hopeless, errors.New(m.Error)}
	}
	return errors.New(m.Error)
}

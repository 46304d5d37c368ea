package reload

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"butlerd/sdk"
)

// maxNoted is how much of an error's text a checkpoint has, in characters.
const maxNoted = 150

// checkpoint is what an attempt notes, so that another can tell what became of its
// tasks.
type checkpoint struct {
	// StartedAt is when the attempt began that started tasks, by its host's clock.
	StartedAt time.Time          `json:"started_at"`
	Tasks     map[uuid.UUID]mark `json:"tasks,omitempty"`
	// Hundreds of tasks do not fit. Of those that have ended only the ids are noted
	// then, one after the other.
	Succeeded []byte `json:"succeeded,omitempty"`
	Failed    []byte `json:"failed,omitempty"`
}

// mark is what is noted of a task. One that has none was not about to be started.
type mark struct {
	// Since is a time of Qlik Sense's clock, before the start was sent, at which
	// nothing of the task was executing. The start may have been sent or not.
	Since time.Time `json:"since,omitzero"`
	// Not are executions and results that are not of this start, whatever clocks
	// say.
	Not []uuid.UUID `json:"not,omitempty"`
	// Session is the execution that the start made; zero as long as it is not known.
	Session uuid.UUID `json:"session,omitzero"`
	// Status says how the task ended that has no execution, Error why, and Hopeless
	// that no other attempt can change that.
	Status   string `json:"status,omitempty"`
	Error    string `json:"error,omitempty"`
	Hopeless bool   `json:"hopeless,omitempty"`
	Refused  string `json:"refused,omitempty"` // as in TaskReport

	ended, succeeded bool
}

// notes are the checkpoint of an attempt under way.
type notes struct {
	run *sdk.Run

	mu    sync.Mutex
	noted checkpoint
}

func newNotes(run *sdk.Run, c checkpoint) *notes {
	c.Tasks = maps.Clone(c.Tasks) // the jobs of an attempt that resumes read the former
	if c.Tasks == nil {
		c.Tasks = map[uuid.UUID]mark{}
	}
	return &notes{run: run, noted: c}
}

// change changes the mark of a task and sends the checkpoint.
func (n *notes) change(task uuid.UUID, change func(*mark)) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := n.noted.Tasks[task]
	change(&m)
	n.noted.Tasks[task] = m
	return n.send()
}

// keep sends the checkpoint as it is.
func (n *notes) keep() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.send()
}

// send makes the checkpoint shorter if need be. The caller holds n.mu.
func (n *notes) send() error {
	if text, err := json.Marshal(n.noted); err == nil && len(text) > sdk.MaxCheckpoint {
		n.noted.shorten()
	}
	return n.run.Checkpoint(n.noted)
}

// shorten keeps only the ids of tasks that have ended.
func (c *checkpoint) shorten() {
	for id, m := range c.Tasks {
		switch {
		case !m.ended:
			continue
		case m.succeeded:
			c.Succeeded = append(c.Succeeded, id[:]...)
		default:
			c.Failed = append(c.Failed, id[:]...)
		}
		delete(c.Tasks, id)
	}
}

// ids are those in a list of a checkpoint.
func ids16(list []byte) (ids []uuid.UUID) {
	const size = len(uuid.UUID{})
	for ; len(list) >= size; list = list[size:] {
		ids = append(ids, uuid.UUID(list[:size]))
	}
	return ids
}

// noteStart notes that the task is about to be started. After an error it must not
// be: nobody could find it again.
func (j *job) noteStart(since time.Time) error {
	return j.notes.change(j.task.ID, func(m *mark) {
		*m = mark{Since: since, Not: slices.Clone(j.latest)}
	})
}

// noteSession notes the execution that the start made. That it cannot be noted
// does not change that it is executing.
func (j *job) noteSession(ctx context.Context, session uuid.UUID) {
	err := j.notes.change(j.task.ID, func(m *mark) { *m = mark{Session: session} })
	if err != nil && ctx.Err() == nil {
		j.log.Warn("execution was not noted", "session_id", session, "err", err)
	}
}

// noteEnd notes how the task ended. Of one that has an execution Qlik Sense has
// more to tell than fits here.
func (j *job) noteEnd() {
	j.notes.mu.Lock()
	defer j.notes.mu.Unlock()
	m := j.notes.noted.Tasks[j.task.ID]
	m.ended, m.succeeded = true, j.err == nil
	if kindOf(j.err) == unknown {
		m.ended = false // the next who looks may find more
	} else if m.Session == uuid.Nil {
		m = mark{Status: j.report.Status, Refused: j.report.Refused, ended: true, succeeded: j.err == nil}
		if j.err != nil {
			m.Error, m.Hopeless = cut(j.err.Error(), maxNoted), kindOf(j.err) == hopeless
		}
	}
	j.notes.noted.Tasks[j.task.ID] = m
	_ = j.notes.send() // the result tells it as well
}

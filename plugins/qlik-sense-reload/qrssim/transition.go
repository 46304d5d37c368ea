package qrssim

import (
	"slices"

	"github.com/google/uuid"
)

// attempt begins an attempt of a session with a result of its own.
func (s *site) attempt(x *session) {
	r := &result{
		id:        uuid.New(),
		task:      x.task,
		execution: x.id,
		attempt:   x.retries,
		status:    statusTriggered,
		startAt:   s.now,
		shownAt:   s.now.Add(x.rowDelay),
		logSize:   noLog,
	}
	x.result, x.task.last = r, r
	s.history.add(r)
	s.note(r, detailInformation, "Changing task state to Triggered")
	s.after(x, s.trigger, s.admit)
}

// admit gives a session a slot or a place in the queue. Only work on apps needs
// slots.
func (s *site) admit(x *session) {
	if x.task.app == nil || x.slotted {
		s.begin(x)
		return
	}
	if s.slots < s.capacity {
		s.occupy(x)
		return
	}
	s.change(x, statusQueued)
	s.queue = append(s.queue, x)
	wait := x.abortAt.Sub(s.now)
	if s.wait > 0 {
		wait = min(wait, s.wait)
	}
	s.after(x, wait, s.expire)
}

func (s *site) occupy(x *session) {
	x.slotted = true
	s.slots++
	s.begin(x)
}

// begin hands a session to a node.
func (s *site) begin(x *session) {
	r := x.result
	r.node = s.nodes[s.nextNode%len(s.nodes)]
	s.nextNode++
	s.note(r, detailInformation, "Trying to start task. Sending task to slave-node "+r.node.Name)
	s.change(x, statusStarted)
	if left := x.abortAt.Sub(s.now); left < x.task.reload {
		s.after(x, left, s.expire)
		return
	}
	s.after(x, x.task.reload, s.finish)
}

// finish ends an attempt, and the session unless the task is tried again.
func (s *site) finish(x *session) {
	if x.task.logs() {
		s.history.addLog(x.result, s.now)
		s.note(x.result, detailInformation, "Reference to scriptlog added")
	}
	if !x.task.fails(x.retries) {
		s.change(x, statusFinishedSuccess)
		if x.task.app != nil {
			x.task.app.full.LastReloadTime = date(s.now)
		}
		s.end(x)
		return
	}
	s.change(x, x.task.failedStatus())
	if x.retries < x.task.maxRetries {
		s.retry(x)
		return
	}
	s.note(x.result, detailError, "Max retries reached")
	s.end(x)
}

// retry ends an attempt and begins the next at once: QRS has no setting for a
// time between them.
func (s *site) retry(x *session) {
	s.change(x, statusRetry)
	s.close(x.result)
	x.retries++
	s.attempt(x)
}

// expire aborts a session that has waited or worked too long.
func (s *site) expire(x *session) { s.abort(x, abortTimeout) }

// abort begins to end a session early. One that is being aborted stays so.
func (s *site) abort(x *session, why abortReason) {
	switch x.result.status {
	case statusAbortInitiated, statusAborting:
		return
	case statusQueued:
		s.queue = slices.DeleteFunc(s.queue, func(waiting *session) bool { return waiting == x })
	}
	x.abortReason = why
	s.change(x, statusAbortInitiated)
	s.after(x, s.stop/2, func(x *session) {
		s.change(x, statusAborting)
		s.after(x, s.stop-s.stop/2, func(x *session) {
			s.change(x, statusAborted)
			s.end(x)
		})
	})
}

// end deletes a session and gives its slot to the next in the queue.
func (s *site) end(x *session) {
	s.close(x.result)
	delete(s.sessions, x.id)
	x.task.session = nil
	if x.task.app != nil {
		x.task.app.session = nil
	}
	if !x.slotted {
		return
	}
	s.slots--
	if len(s.queue) > 0 {
		next := s.queue[0]
		s.queue = s.queue[1:]
		s.occupy(next)
	}
}

// close makes a result final.
func (s *site) close(r *result) {
	r.stopAt = s.now
	r.settledAt = s.now.Add(s.settle)
	r.changedAt = r.settledAt
	s.history.retire(r)
}

// running counts the sessions that are executed, and not merely wait.
func (s *site) running() int {
	n := 0
	for _, x := range s.sessions {
		if x.result.node.ID != uuid.Nil {
			n++
		}
	}
	return n
}

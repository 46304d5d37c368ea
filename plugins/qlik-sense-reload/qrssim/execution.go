package qrssim

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// modifiedBy is the account that QRS itself works as.
const modifiedBy = `INTERNAL\sa_scheduler`

// Types of details.
const (
	detailError       = 0
	detailInformation = 2
)

// noLog is the size of a script log that is not there.
const noLog = -1

// session is an execution that has not ended.
type session struct {
	id          uuid.UUID
	task        *task
	user        string
	createdAt   time.Time
	abortAt     time.Time
	abortReason abortReason
	retries     int
	result      *result // of the current attempt
	slotted     bool    // it has a slot, and keeps it over its attempts
	rowDelay    time.Duration

	// What is next, as a member of the site's events.
	at    time.Time
	next  func(*session)
	index int
}

// result is one attempt of an execution.
type result struct {
	id        uuid.UUID
	seq       uint64 // order of creation
	task      *task
	execution uuid.UUID // the session's id
	attempt   int       // 0 for the first
	node      SeedNode  // zero until it is Started
	status    status
	startAt   time.Time
	stopAt    time.Time // zero until it has ended
	shownAt   time.Time // when lists begin to have it
	settledAt time.Time // when duration and last detail show
	changedAt time.Time
	details   []detail
	file      uuid.UUID // of the script log
	logSize   int64
}

// note adds a detail.
func (s *site) note(r *result, kind int, message string) {
	r.changedAt = s.now
	r.details = append(r.details, detail{ID: uuid.New(), DetailsType: kind, Message: message, DetailCreatedDate: date(s.now)})
}

// change brings a session into a state, and says so in the details.
func (s *site) change(x *session, to status) {
	r := x.result
	s.note(r, detailInformation, fmt.Sprintf("Changing task state from %s to %s", r.status, to))
	r.status = to
	x.task.modifiedAt, x.task.modifiedBy = s.now, modifiedBy
}

// row is the condensed form.
func (r *result) row(now time.Time) resultRow {
	row := resultRow{
		ID:                 r.id,
		ExecutingNodeName:  r.node.Name,
		Status:             r.status,
		StartTime:          date(r.startAt),
		StopTime:           date(r.stopAt),
		FileReferenceID:    r.file,
		ScriptLogAvailable: r.file != uuid.Nil,
		Details:            []detail{},
		ScriptLogSize:      r.logSize,
	}
	if r.file != uuid.Nil {
		row.ScriptLogLocation = r.logLocation()
	}
	if !r.stopAt.IsZero() && !now.Before(r.settledAt) {
		row.Duration = r.stopAt.Sub(r.startAt).Milliseconds()
	}
	return row
}

// full is the form with details. Until it has settled the last one is missing.
func (r *result) full(now time.Time) resultFull {
	full := resultFull{
		resultRow:       r.row(now),
		audit:           audit{date(r.startAt), date(r.changedAt), modifiedBy},
		TaskID:          r.task.id,
		ExecutionID:     r.execution,
		ExecutingNodeID: r.node.ID,
		SchemaPath:      "ExecutionResult",
	}
	if r.task.app != nil {
		full.AppID = r.task.app.full.ID
	}
	full.Details = r.details
	if now.Before(r.settledAt) {
		full.Details = r.details[:len(r.details)-1]
	}
	return full
}

// shown reports whether lists have the result at a time.
func (r *result) shown(now time.Time) bool { return !now.Before(r.shownAt) }

func (x *session) full(now time.Time) sessionFull {
	full := sessionFull{
		sessionRow: sessionRow{
			ID:              x.id,
			ExecutionResult: x.result.row(now),
			AbortAt:         date(x.abortAt),
			Retries:         x.retries,
			AbortReason:     x.abortReason,
			User:            x.user,
		},
		audit:      audit{date(x.createdAt), date(x.result.changedAt), modifiedBy},
		SchemaPath: "ExecutionSession",
	}
	if x.result.node.ID != uuid.Nil {
		full.ExecutingNode = &nodeRow{ID: x.result.node.ID}
	}
	if x.task.app != nil {
		row := x.task.app.full.appRow
		full.App = &row
	}
	row := x.task.row()
	switch x.task.kind {
	case externalProgramType:
		full.ExternalProgramTask = &row
	case userSyncType:
		full.UserSyncTask = &row
	default:
		full.ReloadTask = &row
	}
	return full
}

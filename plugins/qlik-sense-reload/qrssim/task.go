package qrssim

import (
	"time"

	"github.com/google/uuid"
)

// app is an app of the site.
type app struct {
	full    appFull
	session *session // what reloads it; nil when nothing does
}

// task is a task of the site.
type task struct {
	id      uuid.UUID
	name    string
	kind    taskType
	app     *app // nil for types without one
	enabled bool
	timeout time.Duration

	maxRetries int
	reload     time.Duration // per attempt
	outcome    string
	failures   int    // attempts that fail before the outcome
	failure    string // in the log of a failed attempt

	manual        bool // made by a reload of an app
	path          string
	parameters    string
	userDirectory string

	tags       []nameRow
	properties []propertyValue
	createdAt  time.Time
	modifiedAt time.Time
	modifiedBy string

	session *session // nil when idle
	last    *result  // newest; nil if never started
}

// row is the condensed form without the last result, as in sessions.
func (t *task) row() taskRow {
	return taskRow{
		ID:                 t.id,
		Name:               t.name,
		TaskType:           t.kind,
		Enabled:            t.enabled,
		TaskSessionTimeout: int(t.timeout / time.Minute),
		MaxRetries:         t.maxRetries,
	}
}

// full is the form of the task's own type.
func (t *task) full(now time.Time) any {
	base := taskFull{
		taskRow:          t.row(),
		audit:            audit{date(t.createdAt), date(t.modifiedAt), t.modifiedBy},
		CustomProperties: t.properties,
		Tags:             t.tags,
	}
	base.Operational = t.operational(now)
	switch t.kind {
	case externalProgramType:
		base.SchemaPath = "ExternalProgramTask"
		return externalProgramTask{taskFull: base, Path: t.path, Parameters: t.parameters}
	case userSyncType:
		base.SchemaPath = "UserSyncTask"
		directory := directoryRow{ID: nameID("userDirectory", t.userDirectory), Name: t.userDirectory, Type: "Repository.UserDirectoryConnectors.LDAP"}
		return userSyncTask{taskFull: base, UserDirectory: directory}
	}
	base.SchemaPath = "ReloadTask"
	return reloadTask{taskFull: base, App: t.app.full.appRow, IsManuallyTriggered: t.manual}
}

func (t *task) operational(now time.Time) *operationalRow {
	row := &operationalRow{ID: nameID("operational", t.id.String()), LastExecutionResult: resultRow{Details: []detail{}, ScriptLogSize: noLog}}
	if t.last != nil {
		row.LastExecutionResult = t.last.row(now)
	}
	return row
}

// fails reports whether the attempt fails that comes after n others of the same
// session.
func (t *task) fails(n int) bool { return n < t.failures || t.outcome != outcomeSuccess }

// logs reports whether attempts leave a script log. Only scripts that are run do.
func (t *task) logs() bool { return t.kind == reloadType && t.outcome != outcomeError }

// failedStatus is that of an attempt that fails.
func (t *task) failedStatus() status {
	if t.outcome == outcomeError {
		return statusError
	}
	return statusFinishedFail
}

package qrssim

import "github.com/google/uuid"

type taskRow struct {
	ID                 uuid.UUID       `json:"id"`
	Operational        *operationalRow `json:"operational"`
	Name               string          `json:"name"`
	TaskType           taskType        `json:"taskType"`
	Enabled            bool            `json:"enabled"`
	TaskSessionTimeout int             `json:"taskSessionTimeout"` // minutes
	MaxRetries         int             `json:"maxRetries"`
	Privileges         any             `json:"privileges"`
}

type operationalRow struct {
	ID                  uuid.UUID `json:"id"`
	LastExecutionResult resultRow `json:"lastExecutionResult"`
	NextExecution       date      `json:"nextExecution"`
	Privileges          any       `json:"privileges"`
}

// taskFull is what tasks of all types have in common.
type taskFull struct {
	taskRow
	audit
	CustomProperties []propertyValue `json:"customProperties"`
	Tags             []nameRow       `json:"tags"`
	SchemaPath       string          `json:"schemaPath"`
}

// reloadTask is also the form of distribute and preload tasks.
type reloadTask struct {
	taskFull
	App                 appRow `json:"app"`
	IsManuallyTriggered bool   `json:"isManuallyTriggered"`
	IsPartialReload     bool   `json:"isPartialReload"`
}

type externalProgramTask struct {
	taskFull
	Path       string `json:"path"`
	Parameters string `json:"parameters"`
	QlikUser   any    `json:"qlikUser"`
}

type userSyncTask struct {
	taskFull
	UserDirectory directoryRow `json:"userDirectory"`
}

type directoryRow struct {
	ID         uuid.UUID `json:"id"`
	Name       string    `json:"name"`
	Type       string    `json:"type"`
	Privileges any       `json:"privileges"`
}

package qrssim

import "github.com/google/uuid"

type resultRow struct {
	ID                 uuid.UUID `json:"id"`
	ExecutingNodeName  string    `json:"executingNodeName"`
	Status             status    `json:"status"`
	StartTime          date      `json:"startTime"`
	StopTime           date      `json:"stopTime"`
	Duration           int64     `json:"duration"` // milliseconds
	FileReferenceID    uuid.UUID `json:"fileReferenceID"`
	ScriptLogAvailable bool      `json:"scriptLogAvailable"`
	Details            []detail  `json:"details"` // empty in the condensed form
	ScriptLogLocation  string    `json:"scriptLogLocation"`
	ScriptLogSize      int64     `json:"scriptLogSize"` // bytes, -1 before there is a log
	Privileges         any       `json:"privileges"`
}

type resultFull struct {
	resultRow
	audit
	TaskID          uuid.UUID `json:"taskID"`
	ExecutionID     uuid.UUID `json:"executionID"`
	AppID           uuid.UUID `json:"appID"`
	ExecutingNodeID uuid.UUID `json:"executingNodeID"`
	SchemaPath      string    `json:"schemaPath"`
}

// detail is one line of a result's history.
type detail struct {
	ID                uuid.UUID `json:"id"`
	DetailsType       int       `json:"detailsType"` // 0 error, 1 warning, 2 information
	Message           string    `json:"message"`
	DetailCreatedDate date      `json:"detailCreatedDate"`
	Privileges        any       `json:"privileges"`
}

type nodeRow struct {
	ID         uuid.UUID `json:"id"`
	Privileges any       `json:"privileges"`
}

type sessionRow struct {
	ID                  uuid.UUID   `json:"id"`
	ExecutingNode       *nodeRow    `json:"executingNode"`
	ExecutionResult     resultRow   `json:"executionResult"`
	AbortAt             date        `json:"abortAt"`
	Retries             int         `json:"retries"`
	AbortReason         abortReason `json:"abortReason"`
	App                 *appRow     `json:"app"`
	User                string      `json:"user"`
	ReloadTask          *taskRow    `json:"reloadTask"`
	UserSyncTask        *taskRow    `json:"userSyncTask"`
	ExternalProgramTask *taskRow    `json:"externalProgramTask"`
	Privileges          any         `json:"privileges"`
}

type sessionFull struct {
	sessionRow
	audit
	SchemaPath string `json:"schemaPath"`
}

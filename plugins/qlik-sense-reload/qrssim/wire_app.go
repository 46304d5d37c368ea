package qrssim

import "github.com/google/uuid"

// The wire types are rows as QRS sends them. What is named …Row is the condensed
// form, in lists and inside other rows; the full form embeds it. Filters see the
// full form by these json names.

// audit is part of every full form.
type audit struct {
	CreatedDate        date   `json:"createdDate"`
	ModifiedDate       date   `json:"modifiedDate"`
	ModifiedByUserName string `json:"modifiedByUserName"`
}

// nameRow refers to a tag or a stream.
type nameRow struct {
	ID         uuid.UUID `json:"id"`
	Name       string    `json:"name"`
	Privileges any       `json:"privileges"`
}

type tagFull struct {
	nameRow
	audit
	SchemaPath string `json:"schemaPath"`
}

type definitionRow struct {
	ID           uuid.UUID `json:"id"`
	Name         string    `json:"name"`
	ValueType    string    `json:"valueType"`
	ChoiceValues []string  `json:"choiceValues"`
	Privileges   any       `json:"privileges"`
}

type definitionFull struct {
	definitionRow
	audit
	Description string   `json:"description"`
	ObjectTypes []string `json:"objectTypes"`
	SchemaPath  string   `json:"schemaPath"`
}

type propertyValue struct {
	ID uuid.UUID `json:"id"`
	audit
	Value      string        `json:"value"`
	Definition definitionRow `json:"definition"`
	SchemaPath string        `json:"schemaPath"`
}

type ownerRow struct {
	ID            uuid.UUID `json:"id"`
	UserID        string    `json:"userId"`
	UserDirectory string    `json:"userDirectory"`
	Name          string    `json:"name"`
	Privileges    any       `json:"privileges"`
}

type appRow struct {
	ID                    uuid.UUID `json:"id"`
	Name                  string    `json:"name"`
	AppID                 string    `json:"appId"`
	PublishTime           date      `json:"publishTime"`
	Published             bool      `json:"published"`
	Stream                *nameRow  `json:"stream"`
	SavedInProductVersion string    `json:"savedInProductVersion"`
	MigrationHash         string    `json:"migrationHash"`
	AvailabilityStatus    int       `json:"availabilityStatus"`
	Privileges            any       `json:"privileges"`
}

type appFull struct {
	appRow
	audit
	CustomProperties []propertyValue `json:"customProperties"`
	Owner            ownerRow        `json:"owner"`
	SourceAppID      string          `json:"sourceAppId"`
	TargetAppID      string          `json:"targetAppId"`
	Tags             []nameRow       `json:"tags"`
	Description      string          `json:"description"`
	FileSize         int64           `json:"fileSize"`
	LastReloadTime   date            `json:"lastReloadTime"`
	Thumbnail        string          `json:"thumbnail"`
	DynamicColor     string          `json:"dynamicColor"`
	SchemaPath       string          `json:"schemaPath"`
}

package run

import (
	"encoding/json"
	"time"
)

// Work is what a run executes that is of no schedule: somebody asked for it over
// the API, with arguments of its own. It is kept with the run, so that another
// attempt knows it, on whatever host.
type Work struct {
	// Arguments of the run's action, a JSON object with every member of the schema.
	Arguments json.RawMessage `json:"arguments"`
	// Timeout of one attempt; 0: none.
	Timeout time.Duration `json:"timeout,omitzero"`
	// OnSuccess and OnFailure are made when the run has ended so, as runs of their own
	// whose parent it is, each once. A run that is lost or cancelled has neither.
	OnSuccess []Next `json:"on_success,omitempty"`
	OnFailure []Next `json:"on_failure,omitempty"`
}

// Next is work that follows a run.
type Next struct {
	Action    string          `json:"action"`
	Plugin    string          `json:"plugin"`
	Arguments json.RawMessage `json:"arguments"`
}

// MaxNext is how many Next there may be of each kind.
const MaxNext = 100

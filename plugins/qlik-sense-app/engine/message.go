package engine

import (
	"encoding/json"
	"errors"
	"fmt"
)

// errMalformed is wrapped by errors about messages that are no JSON-RPC.
var errMalformed = errors.New("it sent a message that is not understood")

// request is one as it is sent. Params are in the order of Qlik's documentation.
type request struct {
	Version string `json:"jsonrpc"`
	ID      int64  `json:"id"`
	Handle  int    `json:"handle"`
	Method  string `json:"method"`
	Params  []any  `json:"params"`
}

// message is one that the engine sent: the answer to the request with its ID, or
// with a method a notification.
type message struct {
	ID     *int64          `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *refusal        `json:"error"`
}

// refusal is the error of an answer.
type refusal struct {
	Code      int    `json:"code"`
	Parameter string `json:"parameter"`
	Message   string `json:"message"`
}

// decode reads one message. Members that it does not know are the engine's to add.
func decode(data []byte) (message, error) {
	var m message
	if err := json.Unmarshal(data, &m); err != nil {
		return message{}, fmt.Errorf("%w: %s", errMalformed, excerpt(err.Error()))
	}
	switch {
	case m.Method != "":
		return m, nil
	case m.ID == nil:
		return message{}, fmt.Errorf("%w: it has neither id nor method", errMalformed)
	case (m.Result == nil) == (m.Error == nil):
		return message{}, fmt.Errorf("%w: the answer has not one of result and error", errMalformed)
	}
	return m, nil
}

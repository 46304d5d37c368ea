package sdktest

import (
	"encoding/json"
	"testing"

	"butlerd/sdk"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/schema"
	"butlerd/sdk/wire"
)

// Answer is what came of a query.
type Answer struct {
	Result json.RawMessage // a JSON object; nil with an Err
	Err    string          // why there is no answer; empty when there is one
	// Permanent says that asking again does not help.
	Permanent   bool
	Diagnostics []schema.Diagnostic // what is wrong with the arguments
}

// Query asks one query in the test's goroutine, as Run makes an attempt: WithContext
// is the one option that counts. A mistake in the query itself ends the test.
func Query(t testing.TB, a sdk.Action, arguments string, opts ...Option) *Answer {
	t.Helper()
	server, typ := alone(t, a)
	r, err := server.Query(newCall(t.Context(), opts).ctx, &actionv1.QueryRequest{Action: typ, ArgumentsJson: []byte(arguments)})
	if err != nil {
		t.Fatal(err)
	}
	return answerOf(r)
}

func answerOf(r *actionv1.QueryResponse) *Answer {
	return &Answer{
		Result:      r.GetResultJson(),
		Err:         r.GetError(),
		Permanent:   r.GetPermanent(),
		Diagnostics: wire.ToDiagnostics(r.GetDiagnostics()),
	}
}

package sdktest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"butlerd/sdk"
)

// tellsQueriesFromActions makes sure that a host which mistakes one for the other
// has nothing happen. Arguments that are none keep a plugin from doing anything that
// does not know the difference.
func (s *suite) tellsQueriesFromActions(ctx context.Context) error {
	d, err := s.client.Describe(ctx)
	if err != nil {
		return err
	}
	const none = `{"no_such_argument": 1}`
	var errs []error
	for _, a := range d.GetActions() {
		if a.GetQuery() {
			if _, err := s.client.Run(ctx, a.GetType(), none); status.Code(err) != codes.FailedPrecondition {
				errs = append(errs, fmt.Errorf("the query %s was executed: got %v, want %s", a.GetType(), err, codes.FailedPrecondition))
			}
			continue
		}
		_, err := s.client.Query(ctx, a.GetType(), none)
		// A plugin without queries need not know the call.
		if code := status.Code(err); code != codes.FailedPrecondition && code != codes.Unimplemented {
			errs = append(errs, fmt.Errorf("the action %s was asked as a query: got %v, want %s", a.GetType(), err, codes.FailedPrecondition))
		}
	}
	return errors.Join(errs...)
}

func (s *suite) answers(ctx context.Context) error {
	if s.calls.Asked.Action == "" {
		return skipped("no query given that has an answer")
	}
	a, err := s.client.Query(ctx, s.calls.Asked.Action, s.calls.Asked.Arguments)
	switch {
	case err != nil:
		return err
	case a.Err != "":
		return fmt.Errorf("it has no answer: %s", a.Err)
	case len(a.Result) > sdk.MaxQueryResult:
		return fmt.Errorf("the answer has %d bytes, more than %d", len(a.Result), sdk.MaxQueryResult)
	case !bytes.HasPrefix(a.Result, []byte("{")) || !json.Valid(a.Result):
		return fmt.Errorf("the answer is no JSON object: %.100s", a.Result)
	}
	return nil
}

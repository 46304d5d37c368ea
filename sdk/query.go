package sdk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime/debug"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"butlerd/sdk/handshake"
	"butlerd/sdk/internal/argument"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/schema"
	"butlerd/sdk/wire"
)

// MaxQueryResult is how large the answer to a query may be, in bytes of JSON: what
// fits into a message of the contract.
const MaxQueryResult = handshake.MaxMessage - 64<<10

// NewQuery makes a query from a function: a question that the host may ask at any
// time, for callers of its API. No run comes of it, it has no log, and no schedule
// may name it, so the function must change nothing. typ, C and R are as for
// NewAction.
//
// The function is called concurrently, also beside actions, and has to return soon
// after its context has ended. The text of its error is told to whoever asked;
// Permanent says that asking again does not help before somebody changes
// something. An answer of more than MaxQueryResult bytes is an error.
func NewQuery[C, R any](typ string, fn func(ctx context.Context, args C) (R, error)) Action {
	a := Action{typ: typ, query: true}
	bound, err := argument.Of(reflect.TypeFor[C]())
	if err != nil {
		a.err = fmt.Errorf("arguments: %w", err)
		return a
	}
	a.args = bound.Schema()
	a.result, a.err = resultOf(reflect.TypeFor[R]())
	if fn == nil {
		a.err = errors.New("it has no function")
	}
	a.validate = func(doc []byte) []schema.Diagnostic { return check[C](bound, doc) }
	a.answer = func(ctx context.Context, doc []byte) ended {
		args, faults := decode[C](bound, doc)
		if len(faults) > 0 {
			return ended{rejected: faults}
		}
		result, err := fn(ctx, args)
		if err != nil {
			return ended{err: err}
		}
		return ended{output: result}
	}
	return a
}

// Query answers a question in the caller's goroutine.
func (s *server) Query(ctx context.Context, r *actionv1.QueryRequest) (*actionv1.QueryResponse, error) {
	a, err := s.action(r.GetAction())
	if err != nil {
		return nil, err
	}
	if !a.query {
		return nil, status.Errorf(codes.FailedPrecondition, "action %q is no query: it can only be executed", a.typ)
	}
	if err := s.checkConfigured(); err != nil {
		return nil, err
	}
	return answerFrom(a.reply(ctx, r.GetArgumentsJson())), nil
}

// reply makes a panic of the function the failure of this one query.
func (a *Action) reply(ctx context.Context, doc []byte) (e ended) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		stack := debug.Stack()
		// A query has no log of its own; this goes to the plugin's.
		slog.Error("query panicked", "query", a.typ, "panic", fmt.Sprint(v), "stack", string(stack[:min(len(stack), maxStack)]))
		e = ended{err: fmt.Errorf("query %q panicked: %v", a.typ, v)}
	}()
	return a.answer(ctx, doc)
}

// answerFrom says in the words of the contract what came of a query.
func answerFrom(e ended) *actionv1.QueryResponse {
	if len(e.rejected) > 0 {
		return &actionv1.QueryResponse{
			Error:       rejected(e.rejected),
			Permanent:   true,
			Diagnostics: wire.FromDiagnostics(e.rejected),
		}
	}
	err := e.err
	if err == nil {
		var answer []byte
		if answer, err = encodeAnswer(e.output); err == nil {
			return &actionv1.QueryResponse{ResultJson: answer}
		}
		err = Permanent(err) // the same question would have the same answer
	}
	return &actionv1.QueryResponse{
		Error:       errorLine(err),
		Permanent:   errors.As(err, new(permanent)),
		Diagnostics: wire.FromDiagnostics(placedIn(err)),
	}
}

// errorLine is an error's text, which must not be empty: that would be no error.
func errorLine(err error) string {
	if text := wire.Line(err.Error(), maxError); text != "" {
		return text
	}
	return "the query failed and does not say why"
}

// encodeAnswer makes the JSON object of an answer. A nil map or pointer is one
// without members.
func encodeAnswer(answer any) ([]byte, error) {
	data, err := encodeObject(answer)
	switch {
	case err != nil:
		return nil, err
	case data == nil:
		return []byte("{}"), nil
	case len(data) > MaxQueryResult:
		return nil, fmt.Errorf("the answer is %d bytes of JSON, more than the %d that may be sent", len(data), MaxQueryResult)
	}
	return data, nil
}

package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"butlerd/sdk"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/wire"
)

// QueryError is how a plugin failed to answer a query, in its own words.
type QueryError struct {
	Text string
	// Permanent says that asking again does not help before somebody changes
	// something: what was asked about is not there, or may not be read.
	Permanent bool
}

// Error implements error.
func (e *QueryError) Error() string { return e.Text }

// ErrNoQuery is returned for a query that the plugin does not have.
var ErrNoQuery = errors.New("the plugin has no such query")

// Query asks the plugin a question, and returns its answer, a JSON object of at most
// sdk.MaxQueryResult bytes. What the plugin says of a failure is a *QueryError; when
// its process is not there the error wraps ErrUnavailable, when ctx has ended before
// the answer came that of ctx. The plugin may go on for a while then, but it changes
// nothing. There is no limit of its own on how long an answer may take, or on how
// many are asked for at a time: both are the caller's to set.
func (p *Plugin) Query(ctx context.Context, query string, arguments []byte) (json.RawMessage, error) {
	if !p.Description().Answers(query) {
		return nil, fmt.Errorf("asking plugin %q for %q: %w", p.spec.Name, query, ErrNoQuery)
	}
	answer, err := p.ask(ctx, &actionv1.QueryRequest{Action: query, ArgumentsJson: arguments})
	if err != nil {
		return nil, fmt.Errorf("asking plugin %q for %q: %w", p.spec.Name, query, p.notAnswered(ctx, err))
	}
	if answer.GetError() != "" {
		return nil, &QueryError{Text: p.redact(wire.Line(answer.GetError(), maxError)), Permanent: answer.GetPermanent()}
	}
	result := object(answer.GetResultJson(), sdk.MaxQueryResult)
	if result == nil {
		return nil, fmt.Errorf("asking plugin %q for %q: its answer of %d bytes is no JSON object within %d bytes",
			p.spec.Name, query, len(answer.GetResultJson()), sdk.MaxQueryResult)
	}
	return result, nil
}

// ask asks the process that is there. When it turns out to be dead, the next one is
// asked, once: a question changes nothing, but it may be what ended the process.
func (p *Plugin) ask(ctx context.Context, r *actionv1.QueryRequest) (*actionv1.QueryResponse, error) {
	var dead *process
	for {
		proc, err := p.readyBut(ctx, dead)
		if err != nil {
			return nil, err
		}
		answer, err := proc.client.Query(ctx, r)
		code := status.Code(err)
		if code != codes.Unavailable && code != codes.Canceled || ctx.Err() != nil || dead != nil {
			return answer, err
		}
		dead = proc
	}
}

// notAnswered tells why a question has no answer.
func (p *Plugin) notAnswered(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err() // whatever gRPC makes of it
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.Canceled:
		return fmt.Errorf("%w: %w", ErrUnavailable, errDied)
	case codes.FailedPrecondition:
		return fmt.Errorf("%w: %s", ErrUnavailable, p.redact(plainStatus(err).Error()))
	case codes.Unimplemented:
		return errors.New("it offers the query but has no call to answer it: it was made with an older SDK, or with another one that lacks it")
	}
	if _, ok := status.FromError(err); ok {
		return errors.New(p.redact(plainStatus(err).Error()))
	}
	return err
}

package sdktest

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/schema"
	"butlerd/sdk/wire"
)

// Client is a host's end of a plugin under test. Errors are those of the
// transport; what the plugin objects to comes as diagnostics or in the Record.
type Client struct {
	// Wire makes calls in the messages of the contract.
	Wire actionv1.ActionServiceClient

	// stop ends the process and waits; false when it had to be killed. Nil when
	// there is no process.
	stop func(limit time.Duration) bool
	// kill ends the process without a word. Nil when there is none.
	kill func() error
}

// Kill ends the process that Exec started as a crash does: nothing is cleaned up,
// and attempts under way end without a result. It is an error where there is no
// process.
func (c *Client) Kill() error {
	if c.kill == nil {
		return errors.New("killing the plugin: it has no process of its own")
	}
	return c.kill()
}

// Describe asks the plugin what it is.
func (c *Client) Describe(ctx context.Context) (*actionv1.DescribeResponse, error) {
	return c.Wire.Describe(ctx, &actionv1.DescribeRequest{HostVersion: "sdktest"})
}

// Configure hands over the plugin's configuration, one JSON object.
func (c *Client) Configure(ctx context.Context, config string) ([]schema.Diagnostic, error) {
	r, err := c.Wire.Configure(ctx, &actionv1.ConfigureRequest{ConfigJson: []byte(config)})
	return wire.ToDiagnostics(r.GetDiagnostics()), err
}

// Validate checks arguments, one JSON object, without running the action. A
// member that is absent is one whose value is not known yet.
func (c *Client) Validate(ctx context.Context, action, arguments string) ([]schema.Diagnostic, error) {
	r, err := c.Wire.Validate(ctx, &actionv1.ValidateRequest{Action: action, ArgumentsJson: []byte(arguments)})
	return wire.ToDiagnostics(r.GetDiagnostics()), err
}

// Run makes one attempt and waits for its end. The context is the attempt's.
// With an error the Record holds what came before it.
func (c *Client) Run(ctx context.Context, action, arguments string, opts ...Option) (*Record, error) {
	call := newCall(ctx, opts)
	record := &Record{}
	stream, err := c.Wire.Execute(call.ctx, &actionv1.ExecuteRequest{
		Action:        action,
		ArgumentsJson: []byte(arguments),
		Run:           call.run,
	})
	if err != nil {
		return record, err
	}
	return record, record.read(stream)
}

// Query asks a question and returns the answer. Arguments are one JSON object; what
// is left out gets its default.
func (c *Client) Query(ctx context.Context, query, arguments string) (*Answer, error) {
	r, err := c.Wire.Query(ctx, &actionv1.QueryRequest{Action: query, ArgumentsJson: []byte(arguments)})
	if err != nil {
		return nil, err
	}
	return answerOf(r), nil
}

// Cancel ends the context of an attempt; it is false when none such executes.
func (c *Client) Cancel(ctx context.Context, runID string, attempt int, reason string) (bool, error) {
	r, err := c.Wire.Cancel(ctx, &actionv1.CancelRequest{RunId: runID, Attempt: int32(attempt), Reason: reason})
	return r.GetFound(), err
}

// Renew tells the plugin how long the host's lease is still good; 0: there is
// none, and no limit.
func (c *Client) Renew(ctx context.Context, validFor time.Duration) error {
	_, err := c.Wire.Renew(ctx, &actionv1.RenewRequest{ValidFor: durationpb.New(validFor)})
	return err
}

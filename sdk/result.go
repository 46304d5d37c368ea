package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/types/known/durationpb"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/schema"
	"butlerd/sdk/wire"
)

// maxError is how much of an error's text travels, in bytes.
const maxError = 4 << 10

// resultFrom says in the words of the contract how an attempt ended.
func resultFrom(ctx context.Context, e ended) *actionv1.Result {
	if len(e.rejected) > 0 {
		return rejection(e.rejected)
	}
	out, err := encodeOutput(e.output)
	if err != nil {
		// Whatever the action did, it did: another attempt would do it again,
		// and its result would be no smaller.
		err = Permanent(errors.Join(e.err, err))
	} else {
		err = e.err
	}
	if err == nil {
		return &actionv1.Result{Status: actionv1.Result_STATUS_SUCCEEDED, OutputJson: out}
	}
	r := &actionv1.Result{
		Status:      statusOf(ctx, err),
		Error:       wire.Line(err.Error(), maxError),
		Diagnostics: wire.FromDiagnostics(placedIn(err)),
		OutputJson:  out,
	}
	setRetry(r, err)
	return r
}

// rejection is the result of arguments that the action never saw.
func rejection(faults []schema.Diagnostic) *actionv1.Result {
	return &actionv1.Result{
		Status:      actionv1.Result_STATUS_FAILED,
		Retry:       actionv1.Result_RETRY_NEVER,
		Error:       rejected(faults),
		Diagnostics: wire.FromDiagnostics(faults),
	}
}

// rejected says in one line what is wrong with arguments.
func rejected(faults []schema.Diagnostic) string {
	first := faults[0]
	text := first.Summary
	if len(first.Path) > 0 {
		text = first.Path.String() + ": " + text
	}
	return wire.Line("the arguments are not valid: "+text, maxError)
}

// statusOf prefers what the action says of itself to what happened around it:
// an action that is cancelled and cannot tell what became of its order is lost.
func statusOf(ctx context.Context, err error) actionv1.Result_Status {
	switch {
	case isLost(err):
		return actionv1.Result_STATUS_LOST
	case ctx.Err() != nil && becauseOf(ctx, err):
		return actionv1.Result_STATUS_CANCELLED
	}
	return actionv1.Result_STATUS_FAILED
}

// becauseOf says whether err is how code ends that obeys its context.
func becauseOf(ctx context.Context, err error) bool {
	return errors.Is(err, context.Canceled) ||
		errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, context.Cause(ctx))
}

func setRetry(r *actionv1.Result, err error) {
	var wait later
	switch {
	case errors.As(err, new(permanent)):
		r.Retry = actionv1.Result_RETRY_NEVER
	case errors.As(err, &wait):
		r.Retry = actionv1.Result_RETRY_AFTER
		r.RetryAfter = durationpb.New(wait.after)
	default:
		r.Retry = actionv1.Result_RETRY_DEFAULT
	}
}

// placedIn leaves out the diagnostics without a place: they would only repeat
// the error's text.
func placedIn(err error) []schema.Diagnostic {
	return slices.DeleteFunc(diagnose(err), func(d schema.Diagnostic) bool { return len(d.Path) == 0 })
}

// encodeOutput makes the result's JSON object; nil when there is none.
func encodeOutput(output any) ([]byte, error) {
	if output == nil {
		return nil, nil
	}
	data, err := encodeObject(output)
	if len(data) > maxOutput {
		return nil, fmt.Errorf("the result is %d bytes of JSON, more than the %d that may be sent; use Run.Output for bulk", len(data), maxOutput)
	}
	return data, err
}

// encodeObject makes a JSON object of what a function returned; nil for a nil
// pointer or map.
func encodeObject(output any) ([]byte, error) {
	data, err := marshal(output)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the result does not become JSON: %w", err)
	case bytes.Equal(data, []byte("null")):
		return nil, nil
	case data[0] != '{':
		return nil, errors.New("the result becomes JSON that is no object")
	}
	return data, nil
}

// marshal survives a MarshalJSON that panics: it is the author's code.
func marshal(output any) (data []byte, err error) {
	err = guard(func() (err error) {
		data, err = json.Marshal(output)
		return err
	})
	return data, err
}

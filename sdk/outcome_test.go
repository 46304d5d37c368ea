package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"butlerd/sdk"
	"butlerd/sdk/sdktest"
)

func TestTheErrorDecidesTheOutcome(t *testing.T) {
	t.Parallel()
	e := errors.New("broke")
	tests := map[string]struct {
		err  error
		want sdktest.Record
	}{
		"none":                       {nil, sdktest.Record{Status: sdktest.Succeeded, Retry: sdktest.Default}},
		"a plain error":              {e, sdktest.Record{Status: sdktest.Failed, Retry: sdktest.Default, Err: "broke"}},
		"Permanent":                  {sdk.Permanent(e), sdktest.Record{Status: sdktest.Failed, Retry: sdktest.Never, Err: "broke"}},
		"RetryAfter":                 {sdk.RetryAfter(time.Minute, e), sdktest.Record{Status: sdktest.Failed, Retry: sdktest.After, RetryAfter: time.Minute, Err: "broke"}},
		"RetryAfter less than zero":  {sdk.RetryAfter(-1, e), sdktest.Record{Status: sdktest.Failed, Retry: sdktest.After, Err: "broke"}},
		"Lost":                       {sdk.Lost(e), sdktest.Record{Status: sdktest.Lost, Retry: sdktest.Default, Err: "broke"}},
		"Permanent, wrapped":         {fmt.Errorf("greeting: %w", sdk.Permanent(e)), sdktest.Record{Status: sdktest.Failed, Retry: sdktest.Never, Err: "greeting: broke"}},
		"Lost and Permanent":         {sdk.Permanent(sdk.Lost(e)), sdktest.Record{Status: sdktest.Lost, Retry: sdktest.Never, Err: "broke"}},
		"several, on one line":       {errors.Join(e, errors.New("badly")), sdktest.Record{Status: sdktest.Failed, Retry: sdktest.Default, Err: "broke; badly"}},
		"one that is no UTF-8":       {errors.New("a\xff"), sdktest.Record{Status: sdktest.Failed, Retry: sdktest.Default, Err: "a\uFFFD"}},
		"a deadline of its own":      {context.DeadlineExceeded, sdktest.Record{Status: sdktest.Failed, Retry: sdktest.Default, Err: "context deadline exceeded"}},
		"Permanent of nothing":       {sdk.Permanent(nil), sdktest.Record{Status: sdktest.Succeeded, Retry: sdktest.Default}},
		"Lost of nothing":            {sdk.Lost(nil), sdktest.Record{Status: sdktest.Succeeded, Retry: sdktest.Default}},
		"RetryAfter a second of nil": {sdk.RetryAfter(time.Second, nil), sdktest.Record{Status: sdktest.Succeeded, Retry: sdktest.Default}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := sdktest.Run(t, failing(tt.err), "{}")
			if diff := cmp.Diff(tt.want, *got, cmpopts.IgnoreFields(sdktest.Record{}, "Result")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOutcomesKeepTheError(t *testing.T) {
	t.Parallel()
	for _, err := range []error{sdk.Permanent(fs.ErrNotExist), sdk.RetryAfter(1, fs.ErrNotExist), sdk.Lost(fs.ErrNotExist)} {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%T hides its error", err)
		}
	}
}

func TestAnEndedContextDecidesOnlyForErrorsThatComeOfIt(t *testing.T) {
	t.Parallel()
	stopped := errors.New("host is stopping")
	tests := map[string]struct {
		end  func(context.Context) error
		want sdktest.Status
	}{
		"the context's error is a cancellation": {func(ctx context.Context) error { return ctx.Err() }, sdktest.Cancelled},
		"so is one that wraps it":               {func(ctx context.Context) error { return fmt.Errorf("waiting: %w", ctx.Err()) }, sdktest.Cancelled},
		"so is the cause":                       {context.Cause, sdktest.Cancelled},
		"so is a deadline within":               {func(context.Context) error { return context.DeadlineExceeded }, sdktest.Cancelled},
		"another error is a failure":            {func(context.Context) error { return errors.New("broke") }, sdktest.Failed},
		"what is lost stays lost":               {func(ctx context.Context) error { return sdk.Lost(ctx.Err()) }, sdktest.Lost},
		"no error is a success":                 {func(context.Context) error { return nil }, sdktest.Succeeded},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(stopped)
			a := sdk.NewAction("end", func(ctx context.Context, _ *sdk.Run, _ struct{}) (struct{}, error) {
				return struct{}{}, tt.end(ctx)
			})
			if got := sdktest.Run(t, a, "{}", sdktest.WithContext(ctx)); got.Status != tt.want {
				t.Errorf("got %q", got.Status)
			}
		})
	}
}

type rows struct {
	Rows int `json:"rows"`
}

type ratio struct {
	Ratio float64 `json:"ratio"`
}

type text struct {
	Text string `json:"text"`
}

type array struct{}

func (array) MarshalJSON() ([]byte, error) { return []byte(`[]`), nil }

type panicky struct{}

func (panicky) MarshalJSON() ([]byte, error) { panic("no") }

func ending[R any](result R, err error) sdk.Action {
	return sdk.NewAction("end", func(context.Context, *sdk.Run, struct{}) (R, error) { return result, err })
}

func TestTheResultTravels(t *testing.T) {
	t.Parallel()
	e := errors.New("broke")
	huge := text{strings.Repeat("x", 1<<20)}
	tests := map[string]struct {
		action sdk.Action
		status sdktest.Status
		retry  sdktest.Retry
		result string
		err    string // contained in
	}{
		"with success":                 {ending(rows{3}, nil), sdktest.Succeeded, sdktest.Default, `{"rows":3}`, ""},
		"with success, although empty": {ending(struct{}{}, nil), sdktest.Succeeded, sdktest.Default, `{}`, ""},
		"as a map":                     {ending(map[string]int{"a": 1}, nil), sdktest.Succeeded, sdktest.Default, `{"a":1}`, ""},
		"not, when it is nil":          {ending[*rows](nil, nil), sdktest.Succeeded, sdktest.Default, "", ""},
		"with an error, when partial":  {ending(rows{2}, e), sdktest.Failed, sdktest.Default, `{"rows":2}`, "broke"},
		"not with an error, when zero": {ending(rows{}, e), sdktest.Failed, sdktest.Default, "", "broke"},
		"not over 1 MiB":               {ending(huge, nil), sdktest.Failed, sdktest.Never, "", "the result is 1048587 bytes of JSON, more than the 1048576 that may be sent"},
		"not over 1 MiB, nor an error": {ending(huge, e), sdktest.Failed, sdktest.Never, "", "broke; the result is 1048587 bytes"},
		"not when it cannot be JSON":   {ending(ratio{math.NaN()}, nil), sdktest.Failed, sdktest.Never, "", "does not become JSON"},
		"not when it is no object":     {ending(array{}, nil), sdktest.Failed, sdktest.Never, "", "JSON that is no object"},
		"not when encoding panics":     {ending(panicky{}, nil), sdktest.Failed, sdktest.Never, "", "panicked: no"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := sdktest.Run(t, tt.action, "{}")
			if r.Status != tt.status || r.Retry != tt.retry || string(r.Result) != tt.result || !strings.Contains(r.Err, tt.err) {
				t.Errorf("got %q, %q, %.100s, %q", r.Status, r.Retry, r.Result, r.Err)
			}
		})
	}
}

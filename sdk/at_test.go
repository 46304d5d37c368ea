package sdk_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/sdk"
	"butlerd/sdk/schema"
	"butlerd/sdk/sdktest"

	"context"
)

func TestAt(t *testing.T) {
	t.Parallel()
	e := errors.New("must differ")
	tests := map[string]struct {
		err  error
		want []schema.Diagnostic
	}{
		"places an error": {sdk.At(e, "tls", "ca"), []schema.Diagnostic{fault("must differ", "tls", "ca")}},
		"places each of several": {
			errors.Join(sdk.At(e, "a"), sdk.At(e, "b", 1)),
			[]schema.Diagnostic{fault("must differ", "a"), fault("must differ", "b", 1)},
		},
		"nests":                         {sdk.At(sdk.At(e, "from"), "window", 2), []schema.Diagnostic{fault("must differ", "window", 2, "from")}},
		"places all that were joined":   {sdk.At(errors.Join(e, sdk.At(e, "ca")), "tls"), []schema.Diagnostic{fault("must differ", "tls"), fault("must differ", "tls", "ca")}},
		"holds for what wraps it":       {fmt.Errorf("checking: %w", sdk.At(sdk.At(e, "ca"), "tls")), []schema.Diagnostic{fault("checking: must differ", "tls", "ca")}},
		"holds within an outcome":       {sdk.Permanent(errors.Join(sdk.At(e, "a"), sdk.At(e, "b"))), []schema.Diagnostic{fault("must differ", "a"), fault("must differ", "b")}},
		"writes out other kinds":        {sdk.At(e, int64(3), time.Second), []schema.Diagnostic{fault("must differ", "3", "1s")}},
		"leaves out what has no place":  {errors.Join(e, sdk.At(e, "a")), []schema.Diagnostic{fault("must differ", "a")}},
		"is not needed for a diagnosis": {e, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := sdktest.Run(t, failing(tt.err), "{}")
			if diff := cmp.Diff(tt.want, r.Diagnostics); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAtKeepsTheError(t *testing.T) {
	t.Parallel()
	err := sdk.At(fs.ErrNotExist, "path")
	if !errors.Is(err, fs.ErrNotExist) || err.Error() != fs.ErrNotExist.Error() {
		t.Errorf("got %v", err)
	}
	if sdk.At(nil, "path") != nil {
		t.Error("nil did not stay nil")
	}
}

func fault(summary string, path ...any) schema.Diagnostic {
	return schema.Diagnostic{Severity: schema.Error, Summary: summary, Path: path}
}

// failing is an action that only fails.
func failing(err error) sdk.Action {
	return sdk.NewAction("fail", func(context.Context, *sdk.Run, struct{}) (struct{}, error) { return struct{}{}, err })
}

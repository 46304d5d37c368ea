package sdk_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/sdk"
	"butlerd/sdk/schema"
	"butlerd/sdk/sdktest"
)

type window struct {
	From time.Duration `hcl:"from"`
	To   time.Duration `hcl:"to" default:"1h"`
}

func (w *window) Validate() error {
	if w.From > w.To {
		return sdk.At(errors.New("must not be after to"), "from")
	}
	return nil
}

type moody struct {
	Panic bool `hcl:"panic"`
}

func (m *moody) Validate() error {
	if m.Panic {
		panic("no")
	}
	return nil
}

func TestValidate(t *testing.T) {
	t.Parallel()
	panicking := sdk.NewAction("moody", func(context.Context, *sdk.Run, moody) (struct{}, error) { return struct{}{}, nil })
	plugin := sleeping()
	plugin.Actions = append(plugin.Actions, panicking)
	tests := map[string]struct {
		action, doc string
		want        []schema.Diagnostic
	}{
		"accepts what is good":                     {"sleep", `{"from": "1m", "to": "1h"}`, nil},
		"asks *C to validate itself":               {"sleep", `{"from": "2h", "to": "1h"}`, []schema.Diagnostic{fault("must not be after to", "from")}},
		"does not ask *C what is not known yet":    {"sleep", `{"from": "2h"}`, nil},
		"does not ask *C what is wrong already":    {"sleep", `{"from": 1, "to": "1h"}`, []schema.Diagnostic{fault(`must be a duration with a unit, such as "90s" or "1h30m", not a number`, "from")}},
		"survives a Validate that panics":          {"moody", `{"panic": true}`, []schema.Diagnostic{{Severity: schema.Error, Summary: "the plugin panicked: no"}}},
		"asks *C again when it panicked last time": {"moody", `{"panic": false}`, nil},
	}
	c := sdktest.Serve(t, plugin)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := c.Validate(t.Context(), tt.action, tt.doc)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExecuteRejectsBadArgumentsBeforeTheAction(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		doc  string
		want string
		at   schema.Path
	}{
		"that do not decode":       {`{"from": 1}`, `the arguments are not valid: from: must be a duration`, schema.Path{"from"}},
		"that *C does not like":    {`{"from": "2h"}`, `the arguments are not valid: from: must not be after to`, schema.Path{"from"}},
		"that are no JSON at all":  {`{`, `the arguments are not valid: the arguments are not valid JSON`, nil},
		"that lack what is needed": {``, `the arguments are not valid: from: is required`, schema.Path{"from"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := sdktest.Run(t, sdk.NewAction("sleep", func(context.Context, *sdk.Run, window) (struct{}, error) {
				t.Error("the action was called")
				return struct{}{}, nil
			}), tt.doc)
			if r.Status != sdktest.Failed || r.Retry != sdktest.Never || !strings.HasPrefix(r.Err, tt.want) {
				t.Errorf("got %q, %q, %q", r.Status, r.Retry, r.Err)
			}
			if len(r.Diagnostics) != 1 || !cmp.Equal(r.Diagnostics[0].Path, tt.at) {
				t.Errorf("got %v", r.Diagnostics)
			}
		})
	}
}

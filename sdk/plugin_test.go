package sdk_test

import (
	"context"
	"strings"
	"testing"

	"butlerd/sdk"
	"butlerd/sdk/schema"
)

func nothing(context.Context, *sdk.Run, struct{}) (struct{}, error) { return struct{}{}, nil }

func TestNewServerTellsTheAuthorsMistakes(t *testing.T) {
	t.Parallel()
	good := sdk.NewAction("good", nothing)
	with := func(actions ...sdk.Action) sdk.Plugin { return sdk.Plugin{Name: "p", Actions: actions} }
	type bad struct {
		Name string
	}
	type camel struct {
		TaskID string `json:"taskID"`
	}
	tests := map[string]struct {
		plugin sdk.Plugin
		want   string
	}{
		"no name":                     {sdk.Plugin{Actions: []sdk.Action{good}}, `plugin "": name "" must be`},
		"a name with capitals":        {sdk.Plugin{Name: "Greeter", Actions: []sdk.Action{good}}, `name "Greeter" must be`},
		"an endless doc":              {sdk.Plugin{Name: "p", Doc: strings.Repeat("x", schema.MaxDocLen+1), Actions: []sdk.Action{good}}, "doc text is longer"},
		"a doc that is no UTF-8":      {sdk.Plugin{Name: "p", Doc: "\xff", Actions: []sdk.Action{good}}, "its texts cannot be sent"},
		"no actions":                  {with(), "it has no actions"},
		"an action that was not made": {with(sdk.Action{}), `action "": its type must be`},
		"an action twice":             {with(good, good), `action "good" is there twice`},
		"an action's endless doc":     {with(good.WithDoc(strings.Repeat("x", schema.MaxDocLen+1))), "doc text is longer"},
		"an action with a bad type":   {with(sdk.NewAction("a b", nothing)), `action "a b": its type`},
		"an action with bad arguments": {
			with(sdk.NewAction("a", func(context.Context, *sdk.Run, bad) (struct{}, error) { return struct{}{}, nil })),
			`action "a": arguments: field bad.Name: has no hcl tag`,
		},
		"an action without a function": {with(sdk.NewAction[struct{}, struct{}]("a", nil)), `action "a": it has no function`},
		"a result that is a number": {
			with(sdk.NewAction("a", func(context.Context, *sdk.Run, struct{}) (int, error) { return 0, nil })),
			"result: int does not become a JSON object",
		},
		"a result with capitals": {
			with(sdk.NewAction("a", func(context.Context, *sdk.Run, struct{}) (camel, error) { return camel{}, nil })),
			`result: json tags: name "taskID"`,
		},
		"a bad configuration": {
			sdk.Plugin{Name: "p", Actions: []sdk.Action{good}, Configure: sdk.NewConfigure(func(context.Context, bad) error { return nil })},
			"configuration: field bad.Name",
		},
		"a configuration without a function": {
			sdk.Plugin{Name: "p", Actions: []sdk.Action{good}, Configure: sdk.NewConfigure[struct{}](nil)},
			"configuration: it has no function",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := sdk.NewServer(tt.plugin)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

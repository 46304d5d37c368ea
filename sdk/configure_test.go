package sdk_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"butlerd/sdk"
	"butlerd/sdk/schema"
	"butlerd/sdk/sdktest"
)

func TestConfigure(t *testing.T) {
	t.Parallel()
	type site struct {
		Host  string `hcl:"host"`
		Token string `hcl:"token,optional" sensitive:"true"`
	}
	setup := func(t *testing.T) *sdktest.Client {
		var host string
		return sdktest.Serve(t, sdk.Plugin{
			Name: "p",
			Configure: sdk.NewConfigure(func(_ context.Context, s site) error {
				switch s.Host {
				case "bad":
					return sdk.At(errors.New("does not exist"), "host")
				case "panic":
					panic("no")
				}
				host = s.Host
				return nil
			}),
			Actions: []sdk.Action{sdk.NewAction("say", func(context.Context, *sdk.Run, struct{}) (text, error) {
				return text{host}, nil
			})},
		})
	}
	t.Run("must come before the first run", func(t *testing.T) {
		t.Parallel()
		if _, err := setup(t).Run(t.Context(), "say", ""); status.Code(err) != codes.FailedPrecondition {
			t.Errorf("got %v", err)
		}
	})
	t.Run("reaches the actions", func(t *testing.T) {
		t.Parallel()
		c := setup(t)
		if faults, err := c.Configure(t.Context(), `{"host": "sense"}`); err != nil || faults != nil {
			t.Fatalf("got %v, %v", faults, err)
		}
		r, err := c.Run(t.Context(), "say", "")
		if err != nil || string(r.Result) != `{"text":"sense"}` {
			t.Errorf("got %s, %v", r.Result, err)
		}
	})
	t.Run("that failed is none", func(t *testing.T) {
		t.Parallel()
		c := setup(t)
		want := map[string]schema.Diagnostic{
			`{}`:                fault("is required", "host"),
			`{"host": "bad"}`:   fault("does not exist", "host"),
			`{"host": "panic"}`: {Severity: schema.Error, Summary: "the plugin panicked: no"},
		}
		for doc, fault := range want {
			got, err := c.Configure(t.Context(), doc)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]schema.Diagnostic{fault}, got); diff != "" {
				t.Errorf("%s: %s", doc, diff)
			}
		}
		if _, err := c.Run(t.Context(), "say", ""); status.Code(err) != codes.FailedPrecondition {
			t.Errorf("got %v", err)
		}
	})
}

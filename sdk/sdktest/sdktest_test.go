package sdktest_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/sdk"
	"butlerd/sdk/schema"
	"butlerd/sdk/sdktest"
)

func TestRunRecordsAllThatAnAttemptTells(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := sdktest.Run(t, sdk.NewAction("wait", wait), `{"for": "3h"}`)
		want := &sdktest.Record{
			Status:  sdktest.Succeeded,
			Retry:   sdktest.Default,
			Result:  []byte(`{}`),
			Summary: "waited 3h0m0s",
			Logs:    []sdktest.Log{{Level: slog.LevelInfo, Message: "waiting", Attributes: map[string]any{"for": "3h0m0s"}}},
		}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRunGivesTheContextOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		began := time.Now()
		r := sdktest.Run(t, sdk.NewAction("wait", wait), `{"for": "3h"}`, sdktest.WithContext(ctx))
		if r.Status != sdktest.Cancelled || time.Since(began) != time.Hour {
			t.Errorf("%q after %s", r.Status, time.Since(began))
		}
	})
}

func TestRunSaysWhereArgumentsAreBad(t *testing.T) {
	t.Parallel()
	r := sdktest.Run(t, sdk.NewAction("wait", wait), `{"for": "3"}`)
	if len(r.Diagnostics) != 1 || !cmp.Equal(r.Diagnostics[0].Path, schema.Path{"for"}) {
		t.Errorf("got %+v", r)
	}
}

// helper stands for the t of a test that is expected to fail.
type helper struct {
	testing.TB
	said string
}

func (h *helper) Helper() {}

func (h *helper) Fatal(args ...any) {
	h.said = args[0].(error).Error()
	panic(h) // as FailNow, it must not return
}

func fatal(t *testing.T, f func(testing.TB)) (said string) {
	t.Helper()
	h := &helper{TB: t}
	defer func() {
		if v := recover(); v != h {
			t.Errorf("the test did not end: %v", v)
		}
		said = h.said
	}()
	f(h)
	return ""
}

func TestAMistakeInThePluginEndsTheTest(t *testing.T) {
	t.Parallel()
	const want = "it has no function"
	broken := sdk.NewAction[struct{}, struct{}]("broken", nil)
	if said := fatal(t, func(t testing.TB) { sdktest.Run(t, broken, "{}") }); !strings.Contains(said, want) {
		t.Errorf("Run says %q", said)
	}
	p := sdk.Plugin{Name: "p", Actions: []sdk.Action{broken}}
	if said := fatal(t, func(t testing.TB) { sdktest.Serve(t, p) }); !strings.Contains(said, want) {
		t.Errorf("Serve says %q", said)
	}
}

func TestConformanceOverAPipe(t *testing.T) {
	t.Parallel()
	sdktest.Conformance(t, sdktest.Serve(t, waiting()), sdktest.Calls{
		Slow: sdktest.Call{Action: "wait", Arguments: `{"for": "1h"}`},
	})
}

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/sdk"
	"butlerd/sdk/schema"
	"butlerd/sdk/sdktest"
)

// action is the one under test.
func action() sdk.Action { return plugin().Actions[0] }

func TestGreet(t *testing.T) {
	t.Parallel()
	r := sdktest.Run(t, action(), `{"name": "Ada", "greeting": "Good morning", "times": 2}`)
	if r.Status != sdktest.Succeeded || r.Err != "" {
		t.Fatalf("got %+v", r)
	}
	if got, want := string(r.Result), `{"text":"Good morning, Ada!","said":2}`; got != want {
		t.Errorf("result %s, want %s", got, want)
	}
	if got, want := string(r.Output), "Good morning, Ada!\nGood morning, Ada!\n"; got != want {
		t.Errorf("output %q, want %q", got, want)
	}
	if got, want := r.Summary, "greeted Ada 2 times"; got != want {
		t.Errorf("summary %q, want %q", got, want)
	}
	last := r.Progress[len(r.Progress)-1]
	if want := (sdktest.Progress{Done: 2, Total: 2, Note: "greeting Ada"}); last != want {
		t.Errorf("progress ends with %v, want %v", last, want)
	}
}

func TestGreetRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		arguments string
		at        schema.Path
	}{
		"nobody's name":           {`{}`, schema.Path{"name"}},
		"to greet less than once": {`{"name": "Ada", "times": 0}`, schema.Path{"times"}},
		"a pause without a unit":  {`{"name": "Ada", "pause": "5"}`, schema.Path{"pause"}},
		"an unknown failure":      {`{"name": "Ada", "fail": "twice"}`, schema.Path{"fail"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := sdktest.Run(t, action(), tt.arguments)
			if len(r.Diagnostics) != 1 || !cmp.Equal(tt.at, r.Diagnostics[0].Path) {
				t.Errorf("got %+v", r)
			}
		})
	}
}

func TestGreetFailsAsAsked(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		attempt int
		status  sdktest.Status
		retry   sdktest.Retry
	}{
		"once":        {1, sdktest.Failed, sdktest.After},
		"always":      {2, sdktest.Failed, sdktest.Default},
		"never_again": {1, sdktest.Failed, sdktest.Never},
		"unknown":     {1, sdktest.Lost, sdktest.Default},
		"panic":       {1, sdktest.Failed, sdktest.Default},
	}
	for fail, tt := range tests {
		t.Run(fail, func(t *testing.T) {
			t.Parallel()
			run := sdk.Run{ID: "r1", Attempt: tt.attempt}
			r := sdktest.Run(t, action(), `{"name": "Ada", "fail": "`+fail+`"}`, sdktest.WithRun(run))
			if r.Status != tt.status || r.Retry != tt.retry {
				t.Errorf("got %q, %q", r.Status, r.Retry)
			}
		})
	}
}

func TestGreetThatFailsOnceSucceedsNext(t *testing.T) {
	t.Parallel()
	r := sdktest.Run(t, action(), `{"name": "Ada", "fail": "once"}`, sdktest.WithRun(sdk.Run{ID: "r1", Attempt: 2}))
	if r.Status != sdktest.Succeeded {
		t.Errorf("got %+v", r)
	}
}

// In a synctest bubble the hours of this test take no time.
func TestGreetObeysItsDeadlineAndTellsHowFarItGot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), 150*time.Minute)
		defer stop()
		r := sdktest.Run(t, action(), `{"name": "Ada", "times": 5, "pause": "1h"}`, sdktest.WithContext(ctx))
		if r.Status != sdktest.Cancelled || string(r.Result) != `{"text":"Hello, Ada!","said":2}` {
			t.Errorf("got %q, %s", r.Status, r.Result)
		}
	})
}

func TestConformance(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "greeter.exe") // Windows wants the ending, others do not mind
	build := exec.Command("go", "build", "-o", path, ".")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		t.Fatalf("building the plugin: %v", err)
	}
	sdktest.Conformance(t, sdktest.Exec(t, path), sdktest.Calls{
		Loud: sdktest.Call{Action: "greet", Arguments: `{"name": "` + strings.Repeat("x", 1<<10) + `", "times": 1024}`},
		Slow: sdktest.Call{Action: "greet", Arguments: `{"name": "Ada", "pause": "1h"}`},
	})
}

package sdktest_test

import (
	"context"
	"testing"
	"time"

	"butlerd/sdk"
	"butlerd/sdk/sdktest"
)

// wait is an action under test.
func wait(ctx context.Context, run *sdk.Run, args waitArgs) (struct{}, error) {
	run.Log.Info("waiting", "for", args.For.String())
	select {
	case <-time.After(args.For):
		run.Summary("waited " + args.For.String())
		return struct{}{}, nil
	case <-ctx.Done():
		return struct{}{}, ctx.Err()
	}
}

type waitArgs struct {
	For time.Duration `hcl:"for" default:"1s"`
}

func waiting() sdk.Plugin {
	return sdk.Plugin{Name: "waiting", Actions: []sdk.Action{sdk.NewAction("wait", wait)}}
}

func ExampleRun() {
	TestWait := func(t *testing.T) {
		r := sdktest.Run(t, sdk.NewAction("wait", wait), `{"for": "1ms"}`)
		if r.Status != sdktest.Succeeded || r.Summary != "waited 1ms" {
			t.Errorf("got %+v", r)
		}
	}
	_ = TestWait
}

func ExampleServe() {
	TestWaitOverTheWire := func(t *testing.T) {
		c := sdktest.Serve(t, waiting())
		faults, err := c.Validate(t.Context(), "wait", `{"for": 1}`)
		if err != nil || len(faults) != 1 || faults[0].Path.String() != "for" {
			t.Errorf("got %v, %v", faults, err)
		}
	}
	_ = TestWaitOverTheWire
}

func ExampleConformance() {
	TestBinary := func(t *testing.T) {
		sdktest.Conformance(t, sdktest.Exec(t, "bin/waiting"), sdktest.Calls{
			Slow: sdktest.Call{Action: "wait", Arguments: `{"for": "1h"}`},
		})
	}
	_ = TestBinary
}

// note is what tidy leaves behind for an attempt that looks for it.
type note struct {
	Folder string `json:"folder"`
}

func tidy(_ context.Context, run *sdk.Run, _ struct{}) (note, error) {
	var found note
	if lost := run.Lost(); lost != nil {
		return found, sdk.Lost(lost.Decode(&found))
	}
	found.Folder = "attic"
	return found, run.Checkpoint(found)
}

func ExampleWithLost() {
	TestTidyFindsItsFolder := func(t *testing.T) {
		action := sdk.NewAction("tidy", tidy).WithResume()
		first := sdktest.Run(t, action, `{}`)
		second := sdktest.Run(t, action, `{}`, sdktest.WithLost(sdk.LostAttempt{Checkpoint: first.Checkpoint()}))
		if second.Status != sdktest.Succeeded || string(second.Result) != `{"folder":"attic"}` {
			t.Errorf("got %+v", second)
		}
	}
	_ = TestTidyFindsItsFolder
}

func ExampleClient_Kill() {
	TestTidyIsKilled := func(t *testing.T) {
		first, second := sdktest.Exec(t, "bin/tidy"), sdktest.Exec(t, "bin/tidy")
		time.AfterFunc(time.Second, func() { _ = first.Kill() })
		r, err := first.Run(t.Context(), "tidy", `{}`) // the record holds what came before the end
		if err == nil {
			t.Fatal("it was done before it was killed")
		}
		r, err = second.Run(t.Context(), "tidy", `{}`, sdktest.WithLost(sdk.LostAttempt{Checkpoint: r.Checkpoint()}))
		if err != nil || r.Status != sdktest.Succeeded {
			t.Errorf("got %+v, %v", r, err)
		}
	}
	_ = TestTidyIsKilled
}

func ExampleQuery() {
	TestTheAnswer := func(t *testing.T) {
		answer := sdk.NewQuery("answer", func(context.Context, struct{}) (map[string]int, error) {
			return map[string]int{"answer": 42}, nil
		})
		if a := sdktest.Query(t, answer, `{}`); string(a.Result) != `{"answer":42}` {
			t.Errorf("got %+v", a)
		}
	}
	_ = TestTheAnswer
}

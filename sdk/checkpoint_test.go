package sdk_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"butlerd/sdk"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/sdktest"
)

// ticket is what the order under test notes.
type ticket struct {
	Number int `json:"number"`
}

// ordering notes a ticket and fails; resumed, it tells which ticket was noted.
func ordering() sdk.Action {
	return sdk.NewAction("order", func(_ context.Context, run *sdk.Run, _ struct{}) (ticket, error) {
		var found ticket
		if lost := run.Lost(); lost != nil {
			return found, lost.Decode(&found)
		}
		return found, errors.Join(run.Checkpoint(ticket{1}), run.Checkpoint(ticket{2}), errors.New("broke off"))
	}).WithResume()
}

func TestAnAttemptFindsWhatALostOneNoted(t *testing.T) {
	t.Parallel()
	first := sdktest.Run(t, ordering(), "{}")
	if first.Err != "broke off" || string(first.Checkpoint()) != `{"number":2}` || len(first.Checkpoints) != 2 {
		t.Fatalf("got %+v", first)
	}
	second := sdktest.Run(t, ordering(), "{}", sdktest.WithLost(sdk.LostAttempt{Checkpoint: first.Checkpoint()}))
	if second.Status != sdktest.Succeeded || string(second.Result) != `{"number":2}` {
		t.Errorf("got %+v", second)
	}
	third := sdktest.Run(t, ordering(), "{}", sdktest.WithLost(sdk.LostAttempt{}))
	if third.Err != sdk.ErrNoCheckpoint.Error() {
		t.Errorf("without a note: got %+v", third)
	}
}

func TestALostAttemptIsKnownByNumberAndTime(t *testing.T) {
	t.Parallel()
	want := sdk.LostAttempt{Attempt: 3, StartedAt: time.Date(2026, 3, 29, 1, 0, 0, 7, time.UTC), Checkpoint: []byte(`{"a":1}`)}
	var run sdk.Run
	a := telling(func(r *sdk.Run) { run = *r }).WithResume()
	sdktest.Run(t, a, "{}", sdktest.WithLost(want))
	if diff := cmp.Diff(&want, run.Lost()); diff != "" || run.Attempt != 4 {
		t.Errorf("attempt %d: %s", run.Attempt, diff)
	}
	sdktest.Run(t, a, "{}")
	if run.Lost() != nil {
		t.Errorf("a usual attempt has to look for %+v", run.Lost())
	}
}

func TestACheckpointThatCannotBeKept(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		v    any
		want string
	}{
		"is no object":     {[]int{1}, "no object"},
		"is nothing":       {nil, "no object"},
		"is too large":     {map[string]string{"a": strings.Repeat("x", sdk.MaxCheckpoint)}, "more than 16384"},
		"is no JSON":       {make(chan int), "does not become JSON"},
		"panics when made": {bomb{}, "panicked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var err error
			r := sdktest.Run(t, telling(func(run *sdk.Run) { err = run.Checkpoint(tt.v) }), "{}")
			if err == nil || !strings.Contains(err.Error(), tt.want) || r.Checkpoints != nil {
				t.Errorf("got %v, %v", err, r.Checkpoints)
			}
		})
	}
	t.Run("fits exactly", func(t *testing.T) {
		t.Parallel()
		v := map[string]string{"a": strings.Repeat("x", sdk.MaxCheckpoint-len(`{"a":""}`))}
		sdktest.Run(t, telling(func(run *sdk.Run) {
			if err := run.Checkpoint(v); err != nil {
				t.Error(err)
			}
		}), "{}")
	})
	t.Run("has no host", func(t *testing.T) {
		t.Parallel()
		var late *sdk.Run
		sdktest.Run(t, telling(func(run *sdk.Run) { late = run }), "{}")
		if err := late.Checkpoint(ticket{}); err == nil {
			t.Error("a note after the end was taken")
		}
		if err := new(sdk.Run).Checkpoint(ticket{}); err != nil {
			t.Errorf("in a test without a harness: %v", err)
		}
	})
}

type bomb struct{}

func (bomb) MarshalJSON() ([]byte, error) { panic("boom") }

func TestOnlyAnActionThatResumesLooksForLostAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		called := false
		plain := telling(func(*sdk.Run) { called = true })
		c := sdktest.Serve(t, sdk.Plugin{Name: "test", Actions: []sdk.Action{plain, ordering()}})
		_, err := c.Run(t.Context(), "tell", "{}", sdktest.WithLost(sdk.LostAttempt{}))
		if status.Code(err) != codes.FailedPrecondition || called {
			t.Errorf("got %v, called %t", err, called)
		}
		d, err := c.Describe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range d.GetActions() {
			if a.GetResumes() != (a.GetType() == "order") {
				t.Errorf("described as %v", a)
			}
		}
	})
}

func TestACheckpointGoesBeforeWhatIsToldLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := sdktest.Serve(t, sdk.Plugin{Name: "test", Actions: []sdk.Action{telling(func(run *sdk.Run) {
			run.Log.Info("first")
			_ = run.Checkpoint(ticket{1})
			run.Log.Info("last")
		})}})
		stream, err := c.Wire.Execute(t.Context(), &actionv1.ExecuteRequest{Action: "tell", ArgumentsJson: []byte("{}")})
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		for {
			e, err := stream.Recv()
			if err != nil {
				break
			}
			switch {
			case e.GetCheckpoint() != nil:
				order = append(order, "checkpoint")
			case e.GetLog() != nil:
				order = append(order, e.GetLog().GetMessage())
			}
		}
		if diff := cmp.Diff([]string{"first", "checkpoint", "last"}, order); diff != "" {
			t.Error(diff)
		}
	})
}

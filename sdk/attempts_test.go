package sdk

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

func TestWaitForAttempts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		lasts []time.Duration
		want  time.Duration
	}{
		"returns at once when there are none": {nil, 0},
		"lasts as long as the longest":        {[]time.Duration{time.Second, 3 * time.Second}, 3 * time.Second},
		"lasts no longer than the limit":      {[]time.Duration{time.Second, time.Hour}, 5 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var a attempts
				for _, d := range tt.lasts {
					_, x, _ := a.begin(t.Context(), &actionv1.Run{})
					time.AfterFunc(d, func() { a.end(x) })
				}
				began := time.Now()
				a.wait(5 * time.Second)
				if took := time.Since(began); took != tt.want {
					t.Errorf("took %s", took)
				}
				a.wait(0) // a second waiter finds everything in order
			})
		})
	}
}

func TestCancelHasACause(t *testing.T) {
	t.Parallel()
	var a attempts
	for _, reason := range []string{"", "timeout of 5m0s exceeded"} {
		ctx, x, err := a.begin(t.Context(), &actionv1.Run{Id: "r", Attempt: 1})
		if err != nil || !a.cancel(attemptKey{"r", 1}, reason) {
			t.Fatal("the attempt was not found")
		}
		cause := context.Cause(ctx)
		if reason == "" && !errors.Is(cause, errCancelled) || reason != "" && cause.Error() != reason {
			t.Errorf("%q: got %v", reason, cause)
		}
		a.end(x)
	}
}

package sdk_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"butlerd/sdk"
	"butlerd/sdk/sdktest"
)

// sleeper waits as long as it is told, or until its context ends; then it
// cleans up for a minute.
func sleeper(ctx context.Context, run *sdk.Run, w window) (struct{}, error) {
	select {
	case <-time.After(w.From):
		return struct{}{}, nil
	case <-ctx.Done():
	}
	run.Log.Info("cleaning up", "cause", context.Cause(ctx).Error())
	time.Sleep(time.Minute)
	return struct{}{}, ctx.Err()
}

func sleeping() sdk.Plugin {
	return sdk.Plugin{Name: "sleeper", Actions: []sdk.Action{sdk.NewAction("sleep", sleeper)}}
}

func TestAnActionOfThreeHoursTakesNoTimeInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := sdktest.Serve(t, sleeping())
		began := time.Now()
		r, err := c.Run(t.Context(), "sleep", `{"from": "3h", "to": "3h"}`)
		if err != nil {
			t.Fatal(err)
		}
		if r.Status != sdktest.Succeeded || time.Since(began) != 3*time.Hour {
			t.Errorf("%q after %s", r.Status, time.Since(began))
		}
	})
}

func TestADeadlineCrossesTheWire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ended time.Duration
		began := time.Now()
		watch := sdk.NewAction("watch", func(ctx context.Context, _ *sdk.Run, _ struct{}) (struct{}, error) {
			<-ctx.Done()
			ended = time.Since(began)
			return struct{}{}, ctx.Err()
		})
		c := sdktest.Serve(t, sdk.Plugin{Name: "p", Actions: []sdk.Action{watch}})
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		_, err := c.Run(ctx, "watch", "{}")
		if status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("got %v", err)
		}
		synctest.Wait()
		if ended.Round(time.Second) != time.Hour {
			t.Errorf("the action ended after %s", ended)
		}
	})
}

func TestCancelLetsTheActionCleanUpAndTell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := sdktest.Serve(t, sleeping())
		ended := make(chan *sdktest.Record)
		go func() {
			r, err := c.Run(t.Context(), "sleep", `{"from": "1h"}`, sdktest.WithRun(sdk.Run{ID: "r1", Attempt: 2}))
			if err != nil {
				t.Error(err)
			}
			ended <- r
		}()
		time.Sleep(time.Second)
		for _, attempt := range []int{1, 2, 2} { // another one, the one, and the one again
			found, err := c.Cancel(t.Context(), "r1", attempt, "somebody said so")
			if err != nil || found != (attempt == 2) {
				t.Errorf("attempt %d: %t, %v", attempt, found, err)
			}
		}
		r := <-ended
		if r.Status != sdktest.Cancelled {
			t.Errorf("got %q, %q", r.Status, r.Err)
		}
		if len(r.Logs) != 1 || r.Logs[0].Attributes["cause"] != "somebody said so" {
			t.Errorf("got %v", r.Logs)
		}
		if found, _ := c.Cancel(t.Context(), "r1", 2, ""); found {
			t.Error("an attempt that has ended was cancelled")
		}
	})
}

func TestExecuteRefusesTheSameAttemptTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := sdktest.Serve(t, sleeping())
		first := make(chan error)
		go func() {
			_, err := c.Run(t.Context(), "sleep", `{"from": "1h"}`)
			first <- err
		}()
		time.Sleep(time.Second)
		if _, err := c.Run(t.Context(), "sleep", `{"from": "1h"}`); status.Code(err) != codes.AlreadyExists {
			t.Errorf("got %v", err)
		}
		if err := <-first; err != nil {
			t.Errorf("the first: %v", err)
		}
	})
}

func TestRunsWithoutAnIDRunSideBySide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := sdktest.Serve(t, sleeping())
		errs := make(chan error)
		began := time.Now()
		for range 3 {
			go func() {
				_, err := c.Run(t.Context(), "sleep", `{"from": "1h"}`, sdktest.WithRun(sdk.Run{}))
				errs <- err
			}()
		}
		for range 3 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); took != time.Hour {
			t.Errorf("took %s", took)
		}
	})
}

func TestCallsForAnUnknownActionFail(t *testing.T) {
	t.Parallel()
	c := sdktest.Serve(t, sleeping())
	if _, err := c.Validate(t.Context(), "snore", "{}"); status.Code(err) != codes.NotFound {
		t.Errorf("Validate: %v", err)
	}
	if _, err := c.Run(t.Context(), "snore", "{}"); status.Code(err) != codes.NotFound {
		t.Errorf("Execute: %v", err)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	p := sleeping()
	p.Doc = "It sleeps."
	d, err := sdktest.Serve(t, p).Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := []string{d.GetName(), d.GetVersion(), d.GetSdk(), d.GetDoc(), d.GetActions()[0].GetType(), d.GetBuildId()}
	if diff := cmp.Diff([]string{"sleeper", "dev", "butlerd-go 1", "It sleeps.", "sleep", sdk.BuildID()}, got); diff != "" {
		t.Error(diff)
	}
	if sdk.BuildID() == "" {
		t.Error("the build has no identity")
	}
}

func TestAPanicFailsOneRunOnly(t *testing.T) {
	t.Parallel()
	type plain struct {
		Panic bool `hcl:"panic"`
	}
	a := sdk.NewAction("a", func(_ context.Context, run *sdk.Run, p plain) (rows, error) {
		if p.Panic {
			run.Log = nil // the stack must be told all the same
			panic("oh no")
		}
		return rows{1}, nil
	})
	c := sdktest.Serve(t, sdk.Plugin{Name: "p", Actions: []sdk.Action{a}})
	r, err := c.Run(t.Context(), "a", `{"panic": true}`)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != sdktest.Failed || r.Err != `action "a" panicked: oh no` || r.Result != nil {
		t.Errorf("got %q, %q, %s", r.Status, r.Err, r.Result)
	}
	if len(r.Logs) != 1 || !strings.Contains(r.Logs[0].Attributes["stack"].(string), "server_test.go") {
		t.Errorf("got %v", r.Logs)
	}
	if r, err := c.Run(t.Context(), "a", `{"panic": false}`); err != nil || r.Status != sdktest.Succeeded {
		t.Errorf("the next run: %v, %v", r, err)
	}
}

package sdk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/sdk"
	"butlerd/sdk/sdktest"
)

// telling is an action that tells something and ends.
func telling(tell func(run *sdk.Run)) sdk.Action {
	return sdk.NewAction("tell", func(_ context.Context, run *sdk.Run, _ struct{}) (struct{}, error) {
		tell(run)
		return struct{}{}, nil
	})
}

func TestARunKnowsWhyItExists(t *testing.T) {
	t.Parallel()
	want := sdk.Run{
		ID: "r1", ScheduleID: "s1", ScheduleName: "every day", Attempt: 3, Trigger: "catch_up",
		DueAt:     time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC),
		StartedAt: time.Date(2026, 3, 29, 1, 0, 0, 5_000_000, time.UTC),
	}
	var got sdk.Run
	sdktest.Run(t, telling(func(run *sdk.Run) { got = *run }), "{}", sdktest.WithRun(want))
	for _, diff := range []string{
		cmp.Diff([]any{want.ID, want.ScheduleID, want.ScheduleName, want.Attempt, want.Trigger}, []any{got.ID, got.ScheduleID, got.ScheduleName, got.Attempt, got.Trigger}),
		cmp.Diff([]time.Time{want.DueAt, want.StartedAt}, []time.Time{got.DueAt, got.StartedAt}),
	} {
		if diff != "" {
			t.Error(diff)
		}
	}
}

func TestLogTravelsAsSlogHasIt(t *testing.T) {
	t.Parallel()
	r := sdktest.Run(t, telling(func(run *sdk.Run) {
		run.Log.Debug("plain")
		run.Log.Info("with", "n", 1, "time", "noon", "level", "high", "msg", "hello")
		run.Log.With("a", 1).WithGroup("g").With("b", 2).Warn("grouped", slog.Group("h", "c", 3), "err", errors.New("broke"))
		run.Log.Error("bytes \xff", "value", secret("hunter2"))
	}), "{}")
	want := []sdktest.Log{
		{Level: slog.LevelDebug, Message: "plain"},
		{Level: slog.LevelInfo, Message: "with", Attributes: map[string]any{"n": 1.0, "time": "noon", "level": "high", "msg": "hello"}},
		{Level: slog.LevelWarn, Message: "grouped", Attributes: map[string]any{
			"a": 1.0, "g": map[string]any{"b": 2.0, "h": map[string]any{"c": 3.0}, "err": "broke"},
		}},
		{Level: slog.LevelError, Message: "bytes \uFFFD", Attributes: map[string]any{"value": "(secret)"}},
	}
	if diff := cmp.Diff(want, r.Logs); diff != "" {
		t.Error(diff)
	}
}

type secret string

func (secret) LogValue() slog.Value { return slog.StringValue("(secret)") }

// chatty logs while it is being logged.
type chatty struct{ log *slog.Logger }

func (c chatty) LogValue() slog.Value {
	c.log.Info("inner")
	return slog.StringValue("x")
}

func TestLoggingWithinLoggingDoesNotWaitForItself(t *testing.T) {
	t.Parallel()
	r := sdktest.Run(t, telling(func(run *sdk.Run) { run.Log.Info("outer", "v", chatty{run.Log}) }), "{}")
	if len(r.Logs) != 2 || r.Logs[0].Message != "inner" || r.Logs[1].Message != "outer" {
		t.Errorf("got %v", r.Logs)
	}
}

func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat(`"\<`+"\u2028", 100_000)
	r := sdktest.Run(t, telling(func(run *sdk.Run) {
		run.Log.Info(strings.Repeat("m", 1<<20), "long", long)
		run.Log.Info("just right", "long", strings.Repeat("x", 16<<10-len(`{"long":""}`)))
	}), "{}")
	if n := len(r.Logs[0].Message); n > 16<<10 {
		t.Errorf("a message has %d bytes", n)
	}
	again, err := json.Marshal(r.Logs[0].Attributes)
	if err != nil {
		t.Fatal(err)
	}
	if cut, ok := r.Logs[0].Attributes["attributes_cut"].(string); !ok || !strings.HasPrefix(cut, `{"long":"`) || len(cut) > 16<<10 {
		t.Errorf("got %.200s", again)
	}
	if _, ok := r.Logs[1].Attributes["long"]; !ok {
		t.Error("attributes within the limit were cut")
	}
}

func TestOutputKeepsEveryByteInOrder(t *testing.T) {
	t.Parallel()
	want := bytes.Repeat([]byte("0123456789\xff\x00"), 10_000)
	r := sdktest.Run(t, telling(func(run *sdk.Run) {
		n, err := run.Output().Write(want[:100_000])
		if n != 100_000 || err != nil {
			t.Errorf("got %d, %v", n, err)
		}
		fmt.Fprintf(run.Output(), "%s", want[100_000:])
	}), "{}")
	if !bytes.Equal(r.Output, want) {
		t.Errorf("%d bytes of %d arrived", len(r.Output), len(want))
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	r := sdktest.Run(t, telling(func(run *sdk.Run) {
		run.Summary("not yet")
		run.Summary("reloaded Finance\nin 3m12s")
	}), "{}")
	if r.Summary != "reloaded Finance; in 3m12s" {
		t.Errorf("got %q", r.Summary)
	}
}

func TestProgressIsLimitedButTheLastIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := sdktest.Run(t, telling(func(run *sdk.Run) {
			for i := range int64(143) { // for a second
				run.Progress(i, 142, "")
				time.Sleep(7 * time.Millisecond)
			}
			time.Sleep(time.Hour) // it hangs at the end, and that must be seen
			run.Progress(1, 2, strings.Repeat("x", 2000))
			run.Progress(2, 2, "done")
		}), "{}")
		var done []int64
		for _, p := range r.Progress {
			done = append(done, p.Done)
		}
		// One at once and the latest each 200 ms; then the first and the last of
		// the end.
		if diff := cmp.Diff([]int64{0, 28, 57, 85, 114, 142, 1, 2}, done); diff != "" {
			t.Error(diff)
		}
		if last := r.Progress[len(r.Progress)-1]; last.Note != "done" {
			t.Errorf("got %v", last)
		}
	})
}

func TestWhatComesAfterTheActionIsDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var kept *sdk.Run
		r := sdktest.Run(t, telling(func(run *sdk.Run) {
			kept = run
			go func() {
				time.Sleep(time.Second)
				run.Log.Info("late")
			}()
		}), "{}")
		time.Sleep(time.Minute)
		kept.Progress(1, 1, "late")
		kept.Summary("late")
		if n, err := kept.Output().Write([]byte("late")); n != 4 || err != nil {
			t.Errorf("writing late: %d, %v", n, err)
		}
		time.Sleep(time.Minute)
		if len(r.Logs)+len(r.Progress)+len(r.Output) != 0 || r.Summary != "" {
			t.Errorf("got %+v", r)
		}
	})
}

func TestARunMadeByHandDropsEverything(t *testing.T) {
	t.Parallel()
	for _, run := range []*sdk.Run{nil, {}} {
		run.Progress(1, 2, "x")
		run.Summary("x")
		if n, err := run.Output().Write([]byte("x")); n != 1 || err != nil {
			t.Errorf("got %d, %v", n, err)
		}
	}
}

func TestManyGoroutinesMayTellAtOnce(t *testing.T) {
	t.Parallel()
	const each = 50
	c := sdktest.Serve(t, sdk.Plugin{Name: "p", Actions: []sdk.Action{telling(func(run *sdk.Run) {
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range each {
					run.Log.Info("x", "n", 1)
					run.Progress(1, 2, "")
					fmt.Fprint(run.Output(), "x")
					run.Summary("x")
				}
			})
		}
		all.Wait()
	})}})
	r, err := c.Run(t.Context(), "tell", "{}")
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Logs) != 8*each || len(r.Output) != 8*each {
		t.Errorf("%d lines, %d bytes", len(r.Logs), len(r.Output))
	}
}

package dispatch

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/plugin"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// startThenFind notes what it has started and works until it is asked to end; an
// attempt that looks ends as found says.
func startThenFind(found run.Ending) func(context.Context, plugin.Call, func(run.LogEntry)) run.Ending {
	return func(ctx context.Context, c plugin.Call, sink func(run.LogEntry)) run.Ending {
		if c.Lost != nil {
			return found
		}
		c.Checkpoint(json.RawMessage(`{"session":"old"}`))
		c.Checkpoint(json.RawMessage(`{"session":"s-1"}`))
		return obey(ctx, c, sink)
	}
}

// awaitLook lets the time pass after which a lost attempt is looked for.
func (b *bundle) awaitLook() {
	time.Sleep(store.LookWait)
	synctest.Wait()
}

func TestResume(t *testing.T) {
	t.Parallel()
	inBubble(t, "looks for the attempt of a dead host, and reports what really happened", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.resumes, b.executor.do = true, startThenFind(run.Ending{Status: run.StatusSucceeded, Summary: "it was done"})
		b.add(t, "a", nil)
		b.fire("a")
		begun := time.Now()
		b.restart(t, time.Minute, nil)
		b.awaitLook()
		r := b.only(t)
		if r.State != run.Succeeded || r.Summary != "it was done" || r.Attempts != 2 {
			t.Fatalf("run = %+v", r)
		}
		lost := b.executor.made()[1].Lost
		if lost.Attempt != 1 || !lost.StartedAt.Equal(begun) || string(lost.Checkpoint) != `{"session":"s-1"}` {
			t.Errorf("lost = %+v", lost)
		}
		if a := b.attempts(t, r.ID); a[0].State != run.Lost || a[0].Reason != run.ReasonHostDied || a[1].Resumes != 1 {
			t.Errorf("attempts = %+v", a)
		}
	})
	inBubble(t, "that finds nothing leaves it to the policy", func(t *testing.T) {
		for onLost, want := range map[schedule.OnLost]run.State{schedule.OnLostFail: run.Lost, schedule.OnLostRetry: run.Waiting} {
			b := setup(t, nil)
			b.executor.resumes, b.executor.do = true, startThenFind(run.Ending{Status: run.StatusLost})
			b.add(t, "a", func(j *Job) {
				j.Definition.OnLost, j.Definition.Retry = onLost, &schedule.Retry{Attempts: 2, Backoff: time.Hour}
			})
			b.fire("a")
			b.restart(t, time.Minute, nil)
			b.awaitLook()
			if r := b.only(t); r.State != want || r.Attempts != 2 {
				t.Errorf("%s: run = %+v", onLost, r)
			}
			time.Sleep(2 * time.Hour)
			if calls := b.executor.made(); want == run.Waiting && (len(calls) != 3 || calls[2].Lost != nil) {
				t.Errorf("%d calls", len(calls))
			}
		}
	})
	inBubble(t, "counts tries by the work that was done", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.resumes, b.executor.do = true, startThenFind(run.Ending{Status: run.StatusFailed})
		b.add(t, "a", func(j *Job) {
			j.Definition.Retry = &schedule.Retry{Attempts: 2, Backoff: time.Minute, On: []schedule.RetryOn{schedule.RetryFailed}}
		})
		b.fire("a")
		b.restart(t, time.Minute, nil)
		b.awaitLook()
		time.Sleep(2 * time.Minute)
		if calls := b.executor.made(); len(calls) != 3 || calls[2].Lost != nil {
			t.Errorf("calls = %+v", calls)
		}
	})
	inBubble(t, "is tried again while the plugin is not there, and never taken for a failure", func(t *testing.T) {
		b := setup(t, nil)
		var down atomic.Bool
		down.Store(true)
		b.executor.resumes = true
		b.executor.do = func(_ context.Context, c plugin.Call, _ func(run.LogEntry)) run.Ending {
			switch {
			case c.Lost == nil:
				return run.Ending{Fault: run.FaultPluginDied}
			case down.Load():
				return run.Ending{Fault: run.FaultPluginDown, Error: "starting"}
			}
			return run.Ending{Status: run.StatusFailed, Error: "it failed"}
		}
		b.add(t, "a", nil)
		b.fire("a")
		time.Sleep(12 * time.Second)
		if r := b.only(t); r.State != run.Waiting || r.Attempts != 3 {
			t.Errorf("run = %+v", r)
		}
		down.Store(false)
		time.Sleep(time.Hour)
		if r := b.only(t); r.State != run.Failed || r.Error != "it failed" || b.executor.made()[2].Lost.Attempt != 1 {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "of what was not heard of as the host stopped is made by the next one", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.resumes = true
		b.executor.do = func(_ context.Context, c plugin.Call, _ func(run.LogEntry)) run.Ending {
			if c.Lost != nil {
				return run.Ending{Status: run.StatusSucceeded}
			}
			return run.Ending{Fault: run.FaultUnresponsive, Cause: run.CauseHostStopping}
		}
		b.add(t, "a", nil)
		b.fire("a")
		if r := b.only(t); r.State != run.Succeeded || r.Attempts != 2 {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "of a schedule that was removed is lost", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.resumes, b.executor.do = true, startThenFind(run.Ending{Status: run.StatusSucceeded})
		b.add(t, "a", nil)
		b.fire("a")
		b.mu.Lock()
		delete(b.jobs, "a")
		b.mu.Unlock()
		b.restart(t, time.Minute, nil)
		b.awaitLook()
		if r := b.only(t); r.State != run.Lost || b.executor.count() != 1 {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "is what a reclaimed run goes on with", func(t *testing.T) {
		b := setup(t, nil)
		r, _, err := b.asTaken(t.Context(), run.Run{ID: "none"})
		if err == nil {
			t.Fatalf("found %+v", r)
		}
		b.executor.resumes, b.executor.do = true, startThenFind(run.Ending{Status: run.StatusSucceeded})
		b.add(t, "a", nil)
		b.fire("a")
		b.restart(t, time.Minute, nil)
		b.awaitLook()
		reclaimed := b.only(t)
		if reclaimed.Resume != 0 {
			t.Fatalf("run = %+v", reclaimed)
		}
		if reclaimed, _, err = b.asTaken(t.Context(), reclaimed); err != nil || reclaimed.Resume != 1 {
			t.Errorf("run = %+v, %v", reclaimed, err)
		}
	})
}

func TestCheckpoint(t *testing.T) {
	t.Parallel()
	inBubble(t, "that cannot be kept ends nothing", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = func(_ context.Context, c plugin.Call, _ func(run.LogEntry)) run.Ending {
			c.Checkpoint(json.RawMessage(`"` + strings.Repeat("x", store.MaxCheckpoint) + `"`))
			return run.Ending{Status: run.StatusSucceeded}
		}
		b.add(t, "a", nil)
		b.fire("a")
		r := b.only(t)
		if a := b.attempts(t, r.ID); r.State != run.Succeeded || a[0].Checkpoint != nil {
			t.Errorf("run = %+v, attempts = %+v", r, a)
		}
		synctest.Wait()
	})
}

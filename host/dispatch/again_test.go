package dispatch

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/plugin"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// lateLedger takes a minute to answer that an attempt has ended, though it is recorded
// at once.
type lateLedger struct{ Ledger }

func (l lateLedger) End(ctx context.Context, e store.AttemptEnd) (bool, error) {
	done, err := l.Ledger.End(ctx, e)
	time.Sleep(time.Minute)
	return done, err
}

// failsFirst fails at once in its first attempt, and works until it is asked to end
// in those after it.
func failsFirst(ctx context.Context, c plugin.Call, sink func(run.LogEntry)) run.Ending {
	if c.Attempt == 1 {
		return run.Ending{Status: run.StatusFailed}
	}
	return obey(ctx, c, sink)
}

func retriesAtOnce(j *Job) {
	j.Definition.Retry = &schedule.Retry{Attempts: 3, Backoff: time.Millisecond, MaxBackoff: time.Second,
		On: []schedule.RetryOn{schedule.RetryFailed}}
}

// setupRetried has the second attempt of a run begin before the first is done with.
func setupRetried(t *testing.T, change func(*Options)) *bundle {
	t.Helper()
	b := setup(t, func(o *Options) {
		o.Ledger = lateLedger{o.Ledger}
		if change != nil {
			change(o)
		}
	})
	b.executor.do = failsFirst
	b.add(t, "a", retriesAtOnce)
	b.fire("a")
	time.Sleep(time.Second)
	b.Wake("p")
	synctest.Wait()
	if b.executor.count() != 2 {
		t.Fatalf("%d calls", b.executor.count())
	}
	return b
}

func TestNextAttempt(t *testing.T) {
	t.Parallel()
	inBubble(t, "is among those being executed when the one before is done with after it began", func(t *testing.T) {
		b := setupRetried(t, nil)
		time.Sleep(2 * time.Minute)
		if n := b.Executing(); n != 1 || !b.CancelHere(b.only(t).ID) {
			t.Errorf("%d attempts are executed", n)
		}
		time.Sleep(2 * time.Minute)
		if r := b.only(t); r.State != run.Cancelled || b.Executing() != 0 {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "is reclaimed by its own age", func(t *testing.T) {
		var b *bundle
		b = setup(t, func(o *Options) {
			o.Neighbours = recalling{store: func() []run.Run { return b.runs(t) }}
		})
		b.executor.do = failsFirst
		b.add(t, "a", retries)
		b.fire("a")
		b.SetPlugin("p", b.executor, 0) // only another life of the host would have the next attempt
		time.Sleep(10 * time.Minute)
		if runs, err := b.store.Take(t.Context(), store.Take{HostID: "host-1", At: time.Now(), Plugin: "p", Limit: 1}); len(runs) != 1 {
			t.Fatalf("taken: %v, %v", runs, err)
		}
		for _, want := range []int{1, 2} {
			if err := b.Reclaim(t.Context()); err != nil {
				t.Fatal(err)
			}
			if synctest.Wait(); b.executor.count() != want {
				t.Errorf("%d calls, want %d", b.executor.count(), want)
			}
			time.Sleep(orphanAge + time.Second)
		}
	})
	inBubble(t, "is counted though there is no plugin", func(t *testing.T) {
		b := setup(t, nil)
		b.add(t, "a", retries)
		b.SetPlugin("p", nil, 0)
		b.fire("a")
		time.Sleep(24 * time.Hour)
		if r := b.only(t); r.State != run.Failed || r.Reason != run.ReasonPluginDown || r.Attempts != 3 {
			t.Errorf("run = %+v", r)
		}
	})
}

func TestEndAskedForAsAnAttemptEnds(t *testing.T) {
	t.Parallel()
	inBubble(t, "is no end to be lost, though another attempt was to follow", func(t *testing.T) {
		b := setup(t, func(o *Options) { o.Ledger = lateLedger{o.Ledger} })
		b.executor.do = failsFirst
		b.add(t, "a", retries)
		b.fire("a")
		r := b.only(t)
		if r.State != run.Waiting || !b.CancelHere(r.ID) {
			t.Fatalf("run = %+v", r)
		}
		time.Sleep(time.Hour)
		if r := b.only(t); r.State != run.Cancelled || r.Reason != run.ReasonCancelled || b.executor.count() != 1 {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "reaches a run that waits for another attempt here", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = failsFirst
		b.add(t, "a", retries)
		b.fire("a")
		b.ReplaceSoon(b.only(t).ID)
		synctest.Wait()
		if r := b.only(t); r.State != run.Cancelled || r.Reason != run.ReasonReplaced {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "is of the attempt that begins within a minute", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = failsFirst
		b.add(t, "a", retries)
		b.fire("a")
		b.endSoon(b.only(t).ID, run.CauseReplaced)
		time.Sleep(11 * time.Minute)
		if b.Executing() != 1 {
			t.Errorf("run = %+v", b.only(t))
		}
	})
	inBubble(t, "reaches a run between its take and its beginning", func(t *testing.T) {
		ledger := &slowLedger{starting: make(chan struct{})}
		b := setup(t, func(o *Options) { ledger.Ledger = o.Ledger; o.Ledger = ledger })
		b.executor.do = obey
		b.add(t, "a", func(j *Job) { j.Here = false })
		r, _, err := b.Trigger(t.Context(), Request{ScheduleID: "a"})
		if err != nil {
			t.Fatal(err)
		}
		b.set("a", func(j *Job) { j.Here = true })
		b.Wake("p")
		<-ledger.starting
		if err := b.Cancel(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if r := b.only(t); r.State != run.Cancelled || b.Cancel(t.Context(), r.ID) != ErrNotOpen {
			t.Errorf("run = %+v", r)
		}
	})
}

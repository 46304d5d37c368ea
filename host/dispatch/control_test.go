package dispatch

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/plugin"
	"butlerd/host/run"
	"butlerd/host/store"
)

func TestTrigger(t *testing.T) {
	t.Parallel()
	inBubble(t, "runs now, beside the schedule's firings", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = work(time.Minute)
		b.add(t, "a", nil)
		for range 2 {
			if _, made, err := b.Trigger(t.Context(), Request{ScheduleID: "a", By: "me"}); err != nil || !made {
				t.Fatalf("Trigger: made %v, %v", made, err)
			}
		}
		time.Sleep(time.Hour)
		for _, r := range b.runs(t) {
			if r.State != run.Succeeded || r.Trigger != run.ByAPI || r.By != "me" {
				t.Errorf("run = %+v", r)
			}
		}
		if len(b.runs(t)) != 2 || len(b.firings(t, "a")) != 0 {
			t.Errorf("runs = %d, firings = %d", len(b.runs(t)), len(b.firings(t, "a")))
		}
	})
	inBubble(t, "gives the same run for the same key", func(t *testing.T) {
		b := setup(t, nil)
		b.add(t, "a", nil)
		first, made, err := b.Trigger(t.Context(), Request{ScheduleID: "a", Key: "k"})
		if err != nil || !made {
			t.Fatal(made, err)
		}
		synctest.Wait()
		second, made, err := b.Trigger(t.Context(), Request{ScheduleID: "a", Key: "k"})
		if err != nil || made || second.ID != first.ID || second.State != run.Succeeded {
			t.Errorf("second = %+v, made %v, %v", second, made, err)
		}
		if running := b.Running("p"); running != 0 {
			t.Errorf("%d slots are taken", running)
		}
	})
	inBubble(t, "does not know a schedule that is not there", func(t *testing.T) {
		b := setup(t, nil)
		if _, _, err := b.Trigger(t.Context(), Request{ScheduleID: "x"}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestSlots(t *testing.T) {
	t.Parallel()
	inBubble(t, "are never exceeded, and waiting runs start in order", func(t *testing.T) {
		b := setup(t, nil)
		b.SetPlugin("p", b.executor, 2)
		b.executor.do = work(time.Minute)
		b.add(t, "a", nil)
		var want []string
		for range 6 {
			r, _, err := b.Trigger(t.Context(), Request{ScheduleID: "a"})
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, r.ID)
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		if running, waiting := b.Running("p"), b.waiting(t); running != 2 || waiting != 4 {
			t.Errorf("%d running, %d waiting; want 2 and 4", running, waiting)
		}
		time.Sleep(time.Hour)
		for i, c := range b.executor.made() {
			if c.RunID != want[i] {
				t.Errorf("call %d was of run %s, want %s", i, c.RunID, want[i])
			}
		}
	})
	inBubble(t, "go to a new plugin, and the old one ends when it is drained", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = work(time.Minute)
		b.add(t, "a", nil)
		if _, _, err := b.Trigger(t.Context(), Request{ScheduleID: "a"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		second := &fakeExecutor{}
		drained := b.SetPlugin("p", second, 1)
		select {
		case <-drained:
			t.Error("the old plugin is said to be drained while it executes")
		default:
		}
		begun := time.Now()
		<-drained
		if took := time.Since(begun); took != time.Minute {
			t.Errorf("drained after %s", took)
		}
		if _, _, err := b.Trigger(t.Context(), Request{ScheduleID: "a"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if second.count() != 1 || b.executor.count() != 1 {
			t.Errorf("calls: old %d, new %d", b.executor.count(), second.count())
		}
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	inBubble(t, "ends a run that is executed", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = obey
		b.add(t, "a", nil)
		r, _, err := b.Trigger(t.Context(), Request{ScheduleID: "a"})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := b.Cancel(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := b.only(t); got.State != run.Cancelled || got.Reason != run.ReasonCancelled {
			t.Errorf("run = %+v", got)
		}
		if err := b.Cancel(t.Context(), r.ID); !errors.Is(err, ErrNotOpen) {
			t.Errorf("a second Cancel = %v", err)
		}
	})
	inBubble(t, "ends a run that waits, without starting it", func(t *testing.T) {
		b := setup(t, nil)
		b.SetPlugin("p", b.executor, 1)
		b.executor.do = work(time.Minute)
		b.add(t, "a", nil)
		var ids []string
		for range 3 {
			r, _, err := b.Trigger(t.Context(), Request{ScheduleID: "a"})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, r.ID)
		}
		if err := b.Cancel(t.Context(), ids[1]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		got, attempts, err := b.store.Run(t.Context(), ids[1])
		if err != nil || got.State != run.Cancelled || len(attempts) != 0 || b.executor.count() != 2 {
			t.Errorf("run = %+v, %d attempts, %d calls, %v", got, len(attempts), b.executor.count(), err)
		}
	})
}

func TestStop(t *testing.T) {
	t.Parallel()
	inBubble(t, "lets open runs end within the grace and leaves those that wait to others", func(t *testing.T) {
		b := setup(t, nil)
		b.SetPlugin("p", b.executor, 1)
		b.executor.do = work(5 * time.Second)
		b.add(t, "a", nil)
		for range 2 {
			if _, _, err := b.Trigger(t.Context(), Request{ScheduleID: "a"}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		begun := time.Now()
		b.Stop(time.Minute)
		if took := time.Since(begun); took != 5*time.Second {
			t.Errorf("Stop took %s", took)
		}
		states := map[run.State]int{}
		for _, r := range b.runs(t) {
			states[r.State]++
		}
		if states[run.Succeeded] != 1 || states[run.Waiting] != 1 {
			t.Errorf("states = %v", states)
		}
		if _, _, err := b.Trigger(t.Context(), Request{ScheduleID: "a"}); !errors.Is(err, ErrStopping) {
			t.Errorf("Trigger after Stop = %v", err)
		}
	})
	for name, hurry := range map[string]bool{"asks runs to end when the grace is over": false, "asks them at once in a hurry": true} {
		inBubble(t, name, func(t *testing.T) {
			b := setup(t, nil)
			b.executor.do = obey
			b.add(t, "a", nil)
			if _, _, err := b.Trigger(t.Context(), Request{ScheduleID: "a"}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			want := time.Minute
			if hurry {
				want = time.Second
				time.AfterFunc(want, b.Hurry)
			}
			begun := time.Now()
			b.Stop(time.Minute)
			if took := time.Since(begun); took != want {
				t.Errorf("Stop took %s, want %s", took, want)
			}
			if r := b.only(t); r.State != run.Cancelled || r.Reason != run.ReasonHostStopping {
				t.Errorf("run = %+v", r)
			}
		})
	}
}

func TestStopAsAWaitingRunStarts(t *testing.T) {
	t.Parallel()
	inBubble(t, "asks it to end too", func(t *testing.T) {
		ledger := &slowLedger{starting: make(chan struct{})}
		b := setup(t, func(o *Options) { ledger.Ledger = o.Ledger; o.Ledger = ledger })
		b.SetPlugin("p", b.executor, 1)
		b.executor.do = obey
		b.add(t, "a", nil)
		for range 2 {
			if _, _, err := b.Trigger(t.Context(), Request{ScheduleID: "a"}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		first := b.runs(t)[1]
		if err := b.Cancel(t.Context(), first.ID); err != nil { // the other one gets the slot
			t.Fatal(err)
		}
		<-ledger.starting
		b.Stop(time.Second) // which is over when it starts
		states := map[run.State]int{}
		for _, r := range b.runs(t) {
			states[r.State]++
		}
		if states[run.Cancelled] != 2 {
			t.Errorf("states = %v", states)
		}
	})
}

// slowLedger takes some seconds to take the second waiting run.
type slowLedger struct {
	Ledger
	starting chan struct{}
}

func (l *slowLedger) Take(ctx context.Context, t store.Take) ([]run.Run, error) {
	runs, err := l.Ledger.Take(ctx, t)
	if len(runs) > 0 {
		close(l.starting)
		time.Sleep(5 * time.Second)
	}
	return runs, err
}

func TestRunLog(t *testing.T) {
	t.Parallel()
	read := func(t *testing.T, b *bundle, id string) []run.LogEntry {
		t.Helper()
		list, err := b.store.RunLog(t.Context(), store.LogQuery{RunID: id})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	inBubble(t, "can be read while the run goes on", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = func(ctx context.Context, c plugin.Call, sink func(run.LogEntry)) run.Ending {
			sink(run.LogEntry{RunID: c.RunID, Attempt: 1, Seq: 1, At: time.Now(), Kind: run.KindOutput, Text: "first"})
			time.Sleep(time.Minute)
			sink(run.LogEntry{RunID: c.RunID, Attempt: 1, Seq: 2, At: time.Now(), Kind: run.KindOutput, Text: "second"})
			return run.Ending{Status: run.StatusSucceeded}
		}
		b.add(t, "a", nil)
		r, _, err := b.Trigger(t.Context(), Request{ScheduleID: "a"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * flushAfter)
		if got := read(t, b, r.ID); len(got) != 1 || got[0].Text != "first" {
			t.Errorf("log while running = %+v", got)
		}
		time.Sleep(time.Hour)
		if got := read(t, b, r.ID); len(got) != 2 || got[1].Text != "second" {
			t.Errorf("log afterwards = %+v", got)
		}
	})
	inBubble(t, "keeps the beginning and the end of a flood, and counts the rest", func(t *testing.T) {
		b := setup(t, nil)
		const entries = 2000
		b.executor.do = func(_ context.Context, c plugin.Call, sink func(run.LogEntry)) run.Ending {
			for i := range entries {
				sink(run.LogEntry{RunID: c.RunID, Attempt: 1, Seq: int64(i + 1), At: time.Now(), Kind: run.KindOutput, Text: strings.Repeat("x", 1000)})
			}
			return run.Ending{Status: run.StatusSucceeded}
		}
		b.add(t, "a", nil)
		r, _, err := b.Trigger(t.Context(), Request{ScheduleID: "a"})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		_, attempts, err := b.store.Run(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		kept := read(t, b, r.ID)
		a := attempts[0]
		if a.LogLines != entries || a.LogBytes != entries*1000 || a.Dropped == 0 || int64(len(kept)) != min(a.LogLines-a.Dropped, store.MaxPage) {
			t.Errorf("lines %d, bytes %d, dropped %d, kept %d", a.LogLines, a.LogBytes, a.Dropped, len(kept))
		}
		if kept[0].Seq != 1 || kept[len(kept)-1].Seq != entries {
			t.Errorf("kept from %d to %d, want the first and the last", kept[0].Seq, kept[len(kept)-1].Seq)
		}
	})
}

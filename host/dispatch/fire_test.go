package dispatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"butlerd/host/plugin"
	"butlerd/host/run"
	"butlerd/host/schedule"
)

// inBubble runs a test in virtual time.
func inBubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, test)
	})
}

func TestFire(t *testing.T) {
	t.Parallel()
	inBubble(t, "runs what is due and records how it ended", func(t *testing.T) {
		b := setup(t, nil)
		b.add(t, "a", nil)
		time.Sleep(time.Minute)
		d := due(0, "a")
		b.Fire(d)
		synctest.Wait()
		r := b.only(t)
		if r.State != run.Succeeded || r.Trigger != run.ByFiring || r.Summary != "done" || !r.DueAt.Equal(d[0].At) || r.Attempts != 1 {
			t.Errorf("run = %+v", r)
		}
		f := b.firings(t, "a")
		if len(f) != 1 || f[0].Outcome != run.Ran || f[0].RunID != r.ID {
			t.Errorf("firings = %+v", f)
		}
		if firings, ended := b.seen.counts(); firings != 1 || ended != 1 {
			t.Errorf("the observer saw %d firings and %d ends", firings, ended)
		}
		call := b.executor.made()[0]
		if call.RunID != r.ID || call.Action != "act" || call.Attempt != 1 || !call.DueAt.Equal(d[0].At) {
			t.Errorf("call = %+v", call)
		}
	})
	inBubble(t, "runs a firing once, however often it is handed out", func(t *testing.T) {
		b := setup(t, nil)
		b.add(t, "a", nil)
		time.Sleep(time.Minute)
		for range 3 {
			b.Fire(due(0, "a"))
		}
		synctest.Wait()
		b.only(t)
		if running, waiting := b.Running("p"), b.waiting(t); running != 0 || waiting != 0 {
			t.Errorf("slots are not given back: %d running, %d waiting", running, waiting)
		}
	})
	inBubble(t, "skips when a run is open, and says so", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = work(90 * time.Second)
		b.add(t, "a", nil)
		for range 3 {
			time.Sleep(time.Minute)
			b.Fire(due(0, "a"))
		}
		time.Sleep(time.Hour)
		f := b.firings(t, "a")
		if len(f) != 3 || f[0].Outcome != run.Ran || f[1].Reason != run.ReasonOverlap || f[2].Outcome != run.Ran {
			t.Errorf("firings = %+v", f)
		}
	})
	inBubble(t, "runs beside an open run when overlap is allowed", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = work(time.Hour)
		b.add(t, "a", func(j *Job) { j.Definition.Overlap = schedule.OverlapAllow })
		for range 3 {
			time.Sleep(time.Minute)
			b.Fire(due(0, "a"))
		}
		synctest.Wait()
		if n := b.executor.count(); n != 3 {
			t.Errorf("%d runs are open, want 3", n)
		}
		time.Sleep(2 * time.Hour)
	})
	inBubble(t, "records as missed what is found too late", func(t *testing.T) {
		b := setup(t, nil)
		b.add(t, "a", nil)
		time.Sleep(time.Hour)
		b.Fire(due(-2*time.Minute, "a"))
		b.Fire(due(-time.Minute, "a"))
		synctest.Wait()
		f := b.firings(t, "a")
		if len(f) != 2 || f[0].Outcome != run.Missed || f[0].Reason != run.ReasonLate || f[1].Outcome != run.Ran {
			t.Errorf("firings = %+v", f)
		}
	})
	inBubble(t, "claims thousands at one instant", func(t *testing.T) {
		b := setup(t, func(o *Options) { o.Log = slog.New(slog.DiscardHandler) })
		b.SetPlugin("p", b.executor, 10)
		const n = 2500
		ids := make([]string, n)
		for i := range ids {
			ids[i] = fmt.Sprintf("s%04d", i)
			b.add(t, ids[i], nil)
		}
		time.Sleep(time.Minute)
		b.Fire(due(0, ids...))
		synctest.Wait()
		counts, err := b.store.Counts(t.Context())
		if err != nil || counts.Firings[run.Ran] != n || counts.Runs[run.Succeeded] != n {
			t.Errorf("counts = %+v, %v", counts, err)
		}
	})
	inBubble(t, "claims again when the store is back, and loses nothing", func(t *testing.T) {
		var ledger *brokenLedger
		b := setup(t, func(o *Options) { ledger = &brokenLedger{Ledger: o.Ledger}; o.Ledger = ledger })
		b.add(t, "a", nil)
		time.Sleep(time.Minute)
		ledger.set(true)
		time.AfterFunc(20*time.Second, func() { ledger.set(false) })
		b.Fire(due(0, "a"))
		synctest.Wait()
		if r := b.only(t); r.State != run.Succeeded {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "records as missed what was due while the store was away for long", func(t *testing.T) {
		var ledger *brokenLedger
		b := setup(t, func(o *Options) { ledger = &brokenLedger{Ledger: o.Ledger}; o.Ledger = ledger })
		b.add(t, "a", nil)
		time.Sleep(time.Minute)
		ledger.set(true)
		time.AfterFunc(5*time.Minute, func() { ledger.set(false) })
		b.Fire(due(0, "a"))
		f := b.firings(t, "a")
		if len(f) != 1 || f[0].Reason != run.ReasonLate || b.executor.count() != 0 {
			t.Errorf("firings = %+v, %d calls", f, b.executor.count())
		}
	})
}

func TestFireIsNotHeldUp(t *testing.T) {
	t.Parallel()
	inBubble(t, "by a firing that cannot be claimed", func(t *testing.T) {
		b := setup(t, func(o *Options) { o.Ledger = &choosyLedger{Ledger: o.Ledger, refused: "bad"} })
		for _, id := range []string{"a", "bad", "c"} {
			b.add(t, id, nil)
		}
		time.Sleep(time.Minute)
		b.Fire(due(0, "a", "bad", "c"))
		synctest.Wait()
		if n := len(b.runs(t)); n != 2 {
			t.Errorf("%d runs, want those of the other two", n)
		}
		if running := b.Running("p"); running != 0 {
			t.Errorf("%d slots are taken", running)
		}
	})
	inBubble(t, "by a store that is away while the host stops", func(t *testing.T) {
		var ledger *brokenLedger
		b := setup(t, func(o *Options) { ledger = &brokenLedger{Ledger: o.Ledger}; o.Ledger = ledger })
		b.add(t, "a", nil)
		time.Sleep(time.Minute)
		ledger.set(true)
		time.AfterFunc(time.Minute, b.Refuse)
		begun := time.Now()
		b.Fire(due(0, "a"))
		if took := time.Since(begun); took > time.Minute+maxWait {
			t.Errorf("Fire took %s", took)
		}
		ledger.set(false)
	})
}

func TestAttempt(t *testing.T) {
	t.Parallel()
	inBubble(t, "ends when its timeout has passed", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = obey
		b.add(t, "a", func(j *Job) { j.Definition.Timeout = 10 * time.Minute })
		time.Sleep(time.Minute)
		b.Fire(due(0, "a"))
		time.Sleep(time.Hour)
		r := b.only(t)
		if r.State != run.TimedOut || r.Reason != run.ReasonTimeout || r.EndedAt.Sub(r.StartedAt) != 10*time.Minute {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "fails without a call when its arguments do not decode", func(t *testing.T) {
		b := setup(t, nil)
		b.add(t, "a", func(j *Job) {
			j.Bind = func(run.Facts) ([]byte, error) { return nil, errors.New("no such member") }
		})
		time.Sleep(time.Minute)
		b.Fire(due(0, "a"))
		synctest.Wait()
		if r := b.only(t); r.Reason != run.ReasonArguments || r.Error != "no such member" || b.executor.count() != 0 {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "is recorded though its error is longer than the store takes", func(t *testing.T) {
		b := setup(t, nil)
		b.add(t, "a", func(j *Job) {
			j.Bind = func(run.Facts) ([]byte, error) { return nil, errors.New("\x00" + strings.Repeat("åäö", 1<<20)) }
		})
		time.Sleep(time.Minute)
		b.Fire(due(0, "a"))
		synctest.Wait()
		r := b.only(t)
		if r.State != run.Failed || len(r.Error) < 4000 || !utf8.ValidString(r.Error) {
			t.Errorf("state %s, %d bytes of error", r.State, len(r.Error))
		}
	})
	inBubble(t, "fails when its plugin is not there", func(t *testing.T) {
		b := setup(t, nil)
		b.add(t, "a", func(j *Job) { j.Plugin = "gone" })
		time.Sleep(time.Minute)
		b.Fire(due(0, "a"))
		synctest.Wait()
		if r := b.only(t); r.State != run.Failed || r.Reason != run.ReasonPluginDown {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "knows the facts of its run", func(t *testing.T) {
		b := setup(t, nil)
		var got run.Facts
		b.add(t, "a", func(j *Job) {
			j.Bind = func(f run.Facts) ([]byte, error) { got = f; return []byte(`{}`), nil }
		})
		time.Sleep(time.Minute)
		b.Fire(due(0, "a"))
		synctest.Wait()
		r := b.only(t)
		if got.RunID != r.ID || got.ScheduleID != "a" || got.Attempt != 1 || got.Trigger != run.ByFiring || !got.DueAt.Equal(r.DueAt) {
			t.Errorf("facts = %+v", got)
		}
	})
	inBubble(t, "has its end recorded when the store is back", func(t *testing.T) {
		var ledger *brokenLedger
		b := setup(t, func(o *Options) { ledger = &brokenLedger{Ledger: o.Ledger}; o.Ledger = ledger })
		b.add(t, "a", nil)
		b.executor.do = func(context.Context, plugin.Call, func(run.LogEntry)) run.Ending {
			ledger.set(true)
			time.AfterFunc(time.Hour, func() { ledger.set(false) })
			return run.Ending{Status: run.StatusSucceeded}
		}
		time.Sleep(time.Minute)
		b.Fire(due(0, "a"))
		time.Sleep(2 * time.Hour)
		if r := b.only(t); r.State != run.Succeeded {
			t.Errorf("run = %+v", r)
		}
	})
}

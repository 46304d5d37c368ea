package dispatch

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/plugin"
	"butlerd/host/run"
	"butlerd/host/store"
)

// muteLedger makes the runs it is asked for, and returns an error instead.
type muteLedger struct {
	Ledger
	err error
}

func (l *muteLedger) Trigger(ctx context.Context, t store.Trigger) (run.Run, bool, error) {
	r, made, err := l.Ledger.Trigger(ctx, t)
	if l.err != nil {
		return run.Run{}, false, l.err
	}
	return r, made, err
}

// setupMute is a bundle of a host with neighbours, whose ledger can be made mute.
func setupMute(t *testing.T) (*followed, *muteLedger) {
	t.Helper()
	var ledger *muteLedger
	var f *followed
	f = setupFollowedWith(t, func(o *Options) {
		o.PluginOf = func(string) string { return "p" }
		ledger = &muteLedger{Ledger: o.Ledger}
		o.Ledger = ledger
		o.Neighbours = recalling{store: func() []run.Run { return f.worked(t) }}
	})
	return f, ledger
}

// worked are all runs, with their work.
func (f *followed) worked(t *testing.T) []run.Run {
	runs := f.runs(t)
	for i := range runs {
		var err error
		if runs[i], _, err = f.store.Run(t.Context(), runs[i].ID); err != nil {
			t.Fatal(err)
		}
	}
	return runs
}

// reclaim looks for what nobody knows of when it is old enough.
func (f *followed) reclaim(t *testing.T) {
	t.Helper()
	time.Sleep(orphanAge + time.Second)
	if err := f.Reclaim(t.Context()); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

func TestARunWhoseCallerWasToldThatItWasNotMade(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(*followed) error{
		"performed": func(f *followed) error {
			_, err := f.Perform(context.Background(), asking(nil))
			return err
		},
		"triggered": func(f *followed) error {
			_, _, err := f.Trigger(context.Background(), Request{ScheduleID: "a"})
			return err
		},
	} {
		inBubble(t, name+" ends without a call", func(t *testing.T) {
			f, ledger := setupMute(t)
			f.add(t, "a", nil)
			for n, cause := range []error{store.ErrUnavailable, context.DeadlineExceeded} {
				ledger.err = cause
				if err := ask(f); !errors.Is(err, cause) {
					t.Fatal(err)
				}
				ledger.err = nil
				if r := f.runs(t)[0]; r.State != run.Running {
					t.Fatalf("run = %+v", r)
				}
				f.reclaim(t)
				if r := f.runs(t)[0]; r.State != run.Cancelled || len(f.runs(t)) != n+1 || f.executor.count() != 0 {
					t.Errorf("%d calls, run = %+v", f.executor.count(), r)
				}
			}
			if n := f.Running("p"); n != 0 || f.direct != 0 || len(f.unwanted) != 0 || len(f.asked) != 0 {
				t.Errorf("%d slots and %d places are taken, %v are unwanted, %v are to end", n, f.direct, f.unwanted, f.asked)
			}
		})
	}
	inBubble(t, "is begun when it is asked for again with its key", func(t *testing.T) {
		f, ledger := setupMute(t)
		f.executor.do = func(context.Context, plugin.Call, func(run.LogEntry)) run.Ending {
			return run.Ending{Status: run.StatusSucceeded}
		}
		ledger.err = store.ErrUnavailable
		keyed := asking(func(a *Ask) { a.Key = "k" })
		if p := got(t, f.perform(t.Context(), keyed)); !errors.Is(p.err, store.ErrUnavailable) {
			t.Fatalf("got %+v", p)
		}
		ledger.err = nil
		a := f.perform(t.Context(), keyed)
		f.reclaim(t)
		if p := got(t, a); p.err != nil || p.Run.State != run.Succeeded || f.executor.count() != 1 {
			t.Errorf("got %+v after %d calls", p, f.executor.count())
		}
	})
	inBubble(t, "is not remembered when the ledger cannot have it, nor for ever", func(t *testing.T) {
		f, _ := setupMute(t)
		f.disown("fenced", store.ErrFenced)
		f.disown("refused", store.ErrTooLarge)
		f.disown("one", store.ErrUnavailable)
		time.Sleep(unwantedMemory + time.Second)
		f.disown("two", store.ErrUnavailable)
		if len(f.unwanted) != 1 || !f.own("two") {
			t.Errorf("remembered: %v", f.unwanted)
		}
	})
}

package dispatch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/plugin"
	"butlerd/host/run"
	"butlerd/host/store"
)

// setupPerforming is a bundle whose plugin p offers the action act.
func setupPerforming(t *testing.T) *followed {
	t.Helper()
	return setupFollowedWith(t, func(o *Options) {
		o.PluginOf = func(action string) string { return map[string]string{"act": "p"}[action] }
	})
}

// asking is an ask for act.
func asking(change func(*Ask)) Ask {
	a := Ask{Action: "act", By: "somebody", Work: run.Work{Arguments: []byte(`{"n":1}`)}}
	if change != nil {
		change(&a)
	}
	return a
}

// answer is what Perform returned.
type answer struct {
	Performed
	err error
}

// perform asks, and does not wait.
func (f *followed) perform(ctx context.Context, a Ask) <-chan answer {
	answers := make(chan answer, 1)
	go func() {
		p, err := f.Perform(ctx, a)
		answers <- answer{p, err}
	}()
	synctest.Wait()
	return answers
}

// got is the answer that is there.
func got(t *testing.T, answers <-chan answer) answer {
	t.Helper()
	select {
	case a := <-answers:
		return a
	default:
		t.Fatal("there is no answer yet")
		return answer{}
	}
}

func none(t *testing.T, answers <-chan answer) {
	t.Helper()
	select {
	case a := <-answers:
		t.Fatalf("there is an answer already: %+v", a)
	default:
	}
}

// acceptThen is an action that accepts after a minute, and ends as given after two.
func acceptThen(e run.Ending) func(context.Context, plugin.Call, func(run.LogEntry)) run.Ending {
	return func(ctx context.Context, c plugin.Call, sink func(run.LogEntry)) run.Ending {
		time.Sleep(time.Minute)
		c.Accepted()
		select {
		case <-time.After(time.Minute):
			return e
		case <-ctx.Done():
			return obey(ctx, c, sink)
		}
	}
}

func TestPerform(t *testing.T) {
	t.Parallel()
	succeeded := run.Ending{Status: run.StatusSucceeded, Summary: "done", Result: []byte(`{"r":1}`)}
	inBubble(t, "waits for the end, and has the result", func(t *testing.T) {
		f := setupPerforming(t)
		f.executor.do = acceptThen(succeeded)
		a := f.perform(t.Context(), asking(nil))
		none(t, a)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		p := got(t, a)
		if p.err != nil || p.Run.State != run.Succeeded || !p.Accepted || string(p.Result) != `{"r":1}` {
			t.Errorf("got %+v", p)
		}
		r := f.only(t)
		if r.ScheduleID != "" || r.Version != 0 || r.Trigger != run.ByAPI || r.By != "somebody" || r.Plugin != "p" || r.Summary != "done" {
			t.Errorf("run = %+v", r)
		}
		if c := f.executor.made()[0]; string(c.Arguments) != `{"n":1}` || c.Action != "act" || c.RunID != r.ID {
			t.Errorf("call = %+v", c)
		}
	})
	inBubble(t, "waits for the acceptance only, and the run goes on", func(t *testing.T) {
		f := setupPerforming(t)
		f.executor.do = acceptThen(succeeded)
		a := f.perform(t.Context(), asking(func(a *Ask) { a.Until = UntilAccepted }))
		time.Sleep(time.Minute)
		synctest.Wait()
		if p := got(t, a); p.err != nil || !p.Accepted || p.Run.State != run.Running || p.Result != nil {
			t.Errorf("got %+v", p)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if r := f.only(t); r.State != run.Succeeded {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "is answered by an end that comes before the acceptance", func(t *testing.T) {
		f := setupPerforming(t)
		f.executor.do = func(context.Context, plugin.Call, func(run.LogEntry)) run.Ending {
			return run.Ending{Status: run.StatusFailed, Error: "refused"}
		}
		p := got(t, f.perform(t.Context(), asking(func(a *Ask) { a.Until = UntilAccepted })))
		if p.err != nil || p.Accepted || p.Run.State != run.Failed || p.Run.Error != "refused" {
			t.Errorf("got %+v", p)
		}
		f.executor.do = nil // one that succeeds was accepted
		if p := got(t, f.perform(t.Context(), asking(func(a *Ask) { a.Until = UntilAccepted }))); !p.Accepted {
			t.Errorf("got %+v", p)
		}
	})
	inBubble(t, "says how far it is when the caller's time is over, and the run goes on", func(t *testing.T) {
		f := setupPerforming(t)
		f.executor.do = acceptThen(succeeded)
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		a := f.perform(ctx, asking(nil))
		time.Sleep(90 * time.Second)
		synctest.Wait()
		if p := got(t, a); p.err != nil || !p.Accepted || p.Run.State != run.Running {
			t.Errorf("got %+v", p)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if r := f.only(t); r.State != run.Succeeded {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "takes no slot, and leaves those of others alone", func(t *testing.T) {
		f := setupPerforming(t)
		f.SetPlugin("p", f.executor, 1)
		f.executor.do = work(time.Minute)
		f.add(t, "a", nil)
		f.fire("a") // has the one slot
		a := f.perform(t.Context(), asking(nil))
		if n, executing := f.Running("p"), f.Executing(); n != 1 || executing != 2 {
			t.Errorf("%d slots are taken, %d attempts execute", n, executing)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if p := got(t, a); p.Run.State != run.Succeeded || f.Running("p") != 0 {
			t.Errorf("got %+v with %d slots taken", p, f.Running("p"))
		}
	})
	inBubble(t, "ends with its timeout, and is not tried again", func(t *testing.T) {
		f := setupPerforming(t)
		f.executor.do = obey
		a := f.perform(t.Context(), asking(func(a *Ask) { a.Work.Timeout = time.Minute }))
		time.Sleep(time.Minute)
		synctest.Wait()
		if p := got(t, a); p.Run.State != run.TimedOut || f.executor.count() != 1 {
			t.Errorf("got %+v after %d calls", p, f.executor.count())
		}
	})
	inBubble(t, "is cancelled like any run", func(t *testing.T) {
		f := setupPerforming(t)
		f.executor.do = obey
		a := f.perform(t.Context(), asking(nil))
		if err := f.Cancel(t.Context(), f.only(t).ID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if p := got(t, a); p.Run.State != run.Cancelled || p.Run.Reason != run.ReasonCancelled {
			t.Errorf("got %+v", p)
		}
	})
	inBubble(t, "gives the same run for the same key, open or ended", func(t *testing.T) {
		f := setupPerforming(t)
		f.executor.do = acceptThen(succeeded)
		keyed := asking(func(a *Ask) { a.Key, a.Until = "k", UntilAccepted })
		first := f.perform(t.Context(), keyed)
		time.Sleep(time.Minute)
		synctest.Wait()
		one := got(t, first)
		second := got(t, f.perform(t.Context(), keyed)) // accepted before it asked
		if !second.Accepted || second.Run.ID != one.Run.ID || second.Run.State != run.Running {
			t.Errorf("got %+v", second)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		third := got(t, f.perform(t.Context(), keyed))
		if third.Run.ID != one.Run.ID || third.Run.State != run.Succeeded || string(third.Result) != `{"r":1}` || f.executor.count() != 1 {
			t.Errorf("got %+v after %d calls", third, f.executor.count())
		}
		if f.direct != 0 || len(f.waits) != 0 {
			t.Errorf("%d attempts and %d waits are left", f.direct, len(f.waits))
		}
	})
}

func TestPerformIsRefused(t *testing.T) {
	t.Parallel()
	inBubble(t, "when too many are open, until one has ended", func(t *testing.T) {
		f := setupPerforming(t)
		f.executor.do = work(time.Minute)
		var all []<-chan answer
		for range maxAsked {
			all = append(all, f.perform(t.Context(), asking(nil)))
		}
		if p := got(t, f.perform(t.Context(), asking(nil))); !errors.Is(p.err, ErrBusy) {
			t.Errorf("got %+v", p)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		for _, a := range all {
			if p := got(t, a); p.Run.State != run.Succeeded {
				t.Errorf("got %+v", p)
			}
		}
		if p := got(t, f.perform(t.Context(), asking(func(a *Ask) { a.Action = "other" }))); !errors.Is(p.err, ErrNoAction) {
			t.Errorf("got %+v", p)
		}
		if a := f.perform(t.Context(), asking(nil)); f.Executing() != 1 {
			t.Errorf("none is begun: %v", <-a)
		}
		time.Sleep(time.Minute)
	})
	inBubble(t, "not by those that were accepted, and each gives back its place once", func(t *testing.T) {
		f := setupPerforming(t)
		f.executor.do = acceptThen(run.Ending{Status: run.StatusSucceeded})
		for range 3 {
			f.perform(t.Context(), asking(nil))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if f.direct != 0 || f.Executing() != 3 {
			t.Errorf("%d places are taken, %d attempts execute", f.direct, f.Executing())
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if f.direct != 0 || f.Executing() != 0 {
			t.Errorf("%d places are taken, %d attempts execute", f.direct, f.Executing())
		}
	})
	inBubble(t, "when the host drains, stops, or holds no lease", func(t *testing.T) {
		f := setupPerforming(t)
		f.Drain(true)
		if p := got(t, f.perform(t.Context(), asking(nil))); !errors.Is(p.err, ErrDraining) {
			t.Errorf("draining: %+v", p)
		}
		f.Drain(false)
		f.lease.set("host-1", true)
		if p := got(t, f.perform(t.Context(), asking(nil))); !errors.Is(p.err, store.ErrFenced) {
			t.Errorf("without a lease: %+v", p)
		}
		f.lease.set("host-1", false)
		f.halt()
		f.Stop(0)
		if p := got(t, f.perform(t.Context(), asking(nil))); !errors.Is(p.err, ErrStopping) {
			t.Errorf("stopping: %+v", p)
		}
		if runs := f.runs(t); len(runs) != 0 {
			t.Errorf("runs = %+v", runs)
		}
	})
	inBubble(t, "for work that is not sound", func(t *testing.T) {
		f := setupPerforming(t)
		for name, change := range map[string]func(*Ask){
			"no arguments":         func(a *Ask) { a.Work.Arguments = nil },
			"arguments of a list":  func(a *Ask) { a.Work.Arguments = []byte(`[]`) },
			"a negative timeout":   func(a *Ask) { a.Work.Timeout = -1 },
			"too many that follow": func(a *Ask) { a.Work.OnSuccess = slices.Repeat([]run.Next{next(1)}, run.MaxNext+1) },
			"nothing that follows": func(a *Ask) { a.Work.OnFailure = []run.Next{{Action: "other", Arguments: []byte(`{}`)}} },
			"what follows badly":   func(a *Ask) { a.Work.OnFailure = []run.Next{{Action: "act"}} },
		} {
			if p := got(t, f.perform(t.Context(), asking(change))); p.err == nil {
				t.Errorf("%s: %+v", name, p)
			}
		}
	})
}

// next is an action that follows, as its number says.
func next(n int) run.Next {
	return run.Next{Action: "act", Arguments: []byte(fmt.Sprintf(`{"next":%d}`, n))}
}

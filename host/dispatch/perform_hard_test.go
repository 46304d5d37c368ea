package dispatch

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/plugin"
	"butlerd/host/run"
)

func TestPerformAndTheEndOfTheHost(t *testing.T) {
	t.Parallel()
	inBubble(t, "has the answer of a run that ends within the grace, and of one that is ended", func(t *testing.T) {
		f := setupPerforming(t)
		f.executor.do = func(ctx context.Context, c plugin.Call, sink func(run.LogEntry)) run.Ending {
			if string(c.Arguments) == `{"n":1}` {
				return work(time.Minute)(ctx, c, sink)
			}
			return obey(ctx, c, sink)
		}
		short := f.perform(t.Context(), asking(nil))
		long := f.perform(t.Context(), asking(func(a *Ask) { a.Work.Arguments = []byte(`{}`) }))
		f.halt()
		f.Stop(2 * time.Minute)
		synctest.Wait()
		if p := got(t, short); p.err != nil || p.Run.State != run.Succeeded {
			t.Errorf("got %+v", p)
		}
		if p := got(t, long); p.err != nil || p.Run.State != run.Cancelled || p.Run.Reason != run.ReasonHostStopping {
			t.Errorf("got %+v", p)
		}
	})
	inBubble(t, "sets free who waits for what goes on elsewhere", func(t *testing.T) {
		f := setupPerforming(t)
		f.executor.resumes, f.executor.do = true, func(context.Context, plugin.Call, func(run.LogEntry)) run.Ending {
			return run.Ending{Fault: run.FaultPluginDied}
		}
		f.Dispatcher.mu.Lock()
		f.up = false // nobody takes what waits
		f.Dispatcher.mu.Unlock()
		a := f.perform(t.Context(), asking(nil))
		if r := f.only(t); r.State != run.Waiting || r.Resume != 1 {
			t.Fatalf("run = %+v", r)
		}
		none(t, a)
		f.halt()
		f.Stop(0)
		synctest.Wait()
		if p := got(t, a); !errors.Is(p.err, ErrStopping) || p.Run.State != run.Waiting {
			t.Errorf("got %+v", p)
		}
	})
	inBubble(t, "resumes through the lane, and the caller gets what came of it", func(t *testing.T) {
		f := setupPerforming(t)
		f.executor.resumes, f.executor.do = true, func(_ context.Context, c plugin.Call, _ func(run.LogEntry)) run.Ending {
			if c.Lost == nil {
				return run.Ending{Fault: run.FaultPluginDied}
			}
			time.Sleep(time.Minute)
			return run.Ending{Status: run.StatusSucceeded, Result: []byte(`{"found":1}`)}
		}
		a := f.perform(t.Context(), asking(nil))
		if n := f.Running("p"); n != 1 {
			t.Errorf("%d slots are taken", n)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if p := got(t, a); p.err != nil || p.Run.State != run.Succeeded || p.Run.Attempts != 2 || string(p.Result) != `{"found":1}` {
			t.Errorf("got %+v", p)
		}
	})
	inBubble(t, "is looked for by the next life of a host that died", func(t *testing.T) {
		f := setupPerforming(t)
		f.executor.resumes, f.executor.do = true, startThenFind(run.Ending{Status: run.StatusSucceeded, Summary: "it was done"})
		f.perform(t.Context(), asking(nil))
		f.restart(t, time.Minute, nil)
		f.awaitLook()
		r := f.only(t)
		if r.State != run.Succeeded || r.Summary != "it was done" || r.Attempts != 2 || r.ScheduleID != "" {
			t.Fatalf("run = %+v", r)
		}
		calls := f.executor.made()
		if c := calls[1]; c.Lost.Attempt != 1 || string(c.Lost.Checkpoint) != `{"session":"s-1"}` || string(c.Arguments) != `{"n":1}` {
			t.Errorf("call = %+v", c)
		}
	})
	inBubble(t, "is lost with its host when its action does not resume", func(t *testing.T) {
		f := setupPerforming(t)
		f.executor.do = obey
		f.perform(t.Context(), asking(func(a *Ask) { a.Work.OnFailure = []run.Next{next(1)} }))
		f.restart(t, time.Minute, nil)
		if r := f.only(t); r.State != run.Lost || r.Reason != run.ReasonHostDied {
			t.Errorf("run = %+v", r)
		}
	})
}

func TestWorkIsFollowed(t *testing.T) {
	t.Parallel()
	both := func(a *Ask) {
		a.Work.OnSuccess = []run.Next{next(1), next(2)}
		a.Work.OnFailure = []run.Next{next(3)}
	}
	// follows performs, and returns what the runs that follow were given.
	follows := func(t *testing.T, e run.Ending) (parent run.Run, given []string, f *followed) {
		f = setupPerforming(t)
		f.executor.do = func(_ context.Context, c plugin.Call, _ func(run.LogEntry)) run.Ending {
			if string(c.Arguments) == `{"n":1}` {
				return e
			}
			return run.Ending{Status: run.StatusSucceeded}
		}
		parent = got(t, f.perform(t.Context(), asking(both))).Run
		time.Sleep(time.Second)
		synctest.Wait()
		for _, c := range f.executor.made()[1:] {
			given = append(given, string(c.Arguments))
		}
		return parent, given, f
	}
	inBubble(t, "by what is to follow a success, each once", func(t *testing.T) {
		parent, given, f := follows(t, run.Ending{Status: run.StatusSucceeded})
		if len(given) != 2 || given[0] == given[1] {
			t.Errorf("given = %v", given)
		}
		// A crash before it was recorded that the run is followed has it followed again.
		follower := NewFollower(f.Dispatcher)
		if err := follower.followWork(parent); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		runs := f.runs(t)
		if len(runs) != 3 {
			t.Fatalf("runs = %+v", runs)
		}
		for _, r := range runs[:2] {
			if r.ParentID != parent.ID || r.ScheduleID != "" || r.Trigger != run.ByChain || r.State != run.Succeeded || r.Plugin != "p" {
				t.Errorf("run = %+v", r)
			}
		}
	})
	inBubble(t, "by what is to follow a failure", func(t *testing.T) {
		if _, given, _ := follows(t, run.Ending{Status: run.StatusFailed}); len(given) != 1 || given[0] != `{"next":3}` {
			t.Errorf("given = %v", given)
		}
	})
	inBubble(t, "by nothing when it is lost", func(t *testing.T) {
		if _, given, _ := follows(t, run.Ending{Status: run.StatusLost}); len(given) != 0 {
			t.Errorf("given = %v", given)
		}
	})
	// again is how often what follows is called that fails, accepted or not.
	again := func(t *testing.T, e run.Ending, accepts bool) int {
		f := setupPerforming(t)
		f.executor.do = func(_ context.Context, c plugin.Call, _ func(run.LogEntry)) run.Ending {
			if string(c.Arguments) == `{"n":1}` {
				return run.Ending{Status: run.StatusSucceeded}
			}
			if accepts {
				c.Accepted()
			}
			return e
		}
		f.perform(t.Context(), asking(func(a *Ask) { a.Work.OnSuccess = []run.Next{next(1)} }))
		time.Sleep(time.Hour)
		synctest.Wait()
		return f.executor.count() - 1
	}
	inBubble(t, "by a run that is tried again when it fails, unless it was accepted or says not to", func(t *testing.T) {
		failed := run.Ending{Status: run.StatusFailed}
		if n := again(t, failed, false); n != 3 {
			t.Errorf("%d calls of one that failed", n)
		}
		if n := again(t, failed, true); n != 1 {
			t.Errorf("%d calls of one that failed when it was accepted", n)
		}
		failed.Hint = run.HintNever
		if n := again(t, failed, false); n != 1 {
			t.Errorf("%d calls of one that cannot succeed", n)
		}
	})
	inBubble(t, "by nothing that is not permitted any more", func(t *testing.T) {
		f := setupPerforming(t)
		var asked []string
		f.Dispatcher.opts.Permit = func(action string, arguments []byte) error {
			asked = append(asked, action+string(arguments))
			return errors.New("not any more")
		}
		f.perform(t.Context(), asking(func(a *Ask) { a.Work.OnSuccess = []run.Next{next(1)} }))
		time.Sleep(time.Hour)
		synctest.Wait()
		if r := f.runs(t)[0]; len(asked) != 1 || asked[0] != `act{"next":1}` || f.executor.count() != 1 ||
			r.State != run.Failed || r.Reason != run.ReasonArguments || r.Error != "not any more" {
			t.Errorf("asked %v, %d calls, run = %+v", asked, f.executor.count(), r)
		}
	})
	inBubble(t, "by runs that wait for a slot", func(t *testing.T) {
		f := setupPerforming(t)
		f.SetPlugin("p", f.executor, 1)
		f.executor.do = work(time.Minute)
		f.perform(t.Context(), asking(both))
		time.Sleep(time.Minute + time.Second)
		synctest.Wait()
		if n := f.waiting(t); n != 1 || f.Executing() != 1 {
			t.Errorf("%d wait, %d execute", n, f.Executing())
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if f.executor.count() != 3 {
			t.Errorf("%d calls", f.executor.count())
		}
	})
}

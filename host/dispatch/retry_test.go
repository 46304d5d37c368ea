package dispatch

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/plugin"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func TestAgain(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	in := func(d time.Duration) *store.Again { return &store.Again{ReadyAt: at.Add(d)} }
	look := func(d time.Duration) *store.Again { return &store.Again{ReadyAt: at.Add(d), Resume: true} }
	retry := &schedule.Retry{Attempts: 3, Backoff: time.Minute, MaxBackoff: time.Hour, On: []schedule.RetryOn{schedule.RetryFailed, schedule.RetryTimedOut, schedule.RetryLost}}
	failed, lost, died := run.Ending{Status: run.StatusFailed}, run.Ending{Status: run.StatusLost}, run.Ending{Fault: run.FaultPluginDied}
	with := func(e run.Ending, change func(*run.Ending)) run.Ending { change(&e); return e }
	tests := map[string]struct {
		ending run.Ending
		change func(*outcome)
		want   *store.Again
	}{
		"a success is final":                       {ending: run.Ending{Status: run.StatusSucceeded}},
		"a failure is tried again":                 {ending: failed, want: in(time.Minute)},
		"the second one waits twice as long":       {ending: failed, change: func(o *outcome) { o.tries = 2 }, want: in(2 * time.Minute)},
		"the last one is final":                    {ending: failed, change: func(o *outcome) { o.tries = 3 }},
		"no policy, no retry":                      {ending: failed, change: func(o *outcome) { o.retry = nil }},
		"a policy of others":                       {ending: failed, change: func(o *outcome) { o.retry = lostOnce() }},
		"a removed schedule's is final":            {ending: failed, change: func(o *outcome) { o.inForce = false }},
		"a timeout":                                {ending: run.Ending{Status: run.StatusCancelled, Cause: run.CauseTimeout}, want: in(time.Minute)},
		"a plugin that is down started nothing":    {ending: run.Ending{Fault: run.FaultPluginDown}, want: in(time.Minute)},
		"the same arguments would fail again":      {ending: run.Ending{Fault: run.FaultArguments}},
		"the plugin says never":                    {ending: with(failed, func(e *run.Ending) { e.Hint = run.HintNever })},
		"the plugin says later":                    {ending: with(failed, func(e *run.Ending) { e.Hint, e.RetryAfter = run.HintAfter, time.Hour }), want: in(time.Hour)},
		"the plugin says sooner than the policy":   {ending: with(failed, func(e *run.Ending) { e.Hint, e.RetryAfter = run.HintAfter, time.Second }), want: in(time.Minute)},
		"the plugin says in a hundred years":       {ending: with(failed, func(e *run.Ending) { e.Hint, e.RetryAfter = run.HintAfter, 1<<63-1 }), want: in(maxRetryAfter)},
		"a person has cancelled it":                {ending: run.Ending{Status: run.StatusCancelled, Cause: run.CauseCancelled}},
		"a person has cancelled what is lost then": {ending: with(lost, func(e *run.Ending) { e.Cause = run.CauseCancelled }), change: func(o *outcome) { o.resumes = true }},
		"a later firing replaced it":               {ending: run.Ending{Status: run.StatusCancelled, Cause: run.CauseReplaced}},
		"its host stopped":                         {ending: run.Ending{Status: run.StatusCancelled, Cause: run.CauseHostStopping}},
		"its host stopped, and it is lost":         {ending: run.Ending{Fault: run.FaultUnresponsive, Cause: run.CauseHostStopping}, change: func(o *outcome) { o.resumes = true }, want: look(0)},
		"lost":                                     {ending: lost, want: in(time.Minute)},
		"lost in this life":                        {ending: died, want: in(time.Minute)},
		"lost, and no policy":                      {ending: lost, change: func(o *outcome) { o.retry = nil }},
		"lost, and can be looked for":              {ending: died, change: func(o *outcome) { o.resumes, o.retry = true, nil }, want: look(0)},
		"looked for, and lost for good":            {ending: lost, change: func(o *outcome) { o.resumes, o.looks = true, 1 }, want: in(time.Minute)},
		"looked for, and failed":                   {ending: failed, change: func(o *outcome) { o.resumes, o.looks = true, 1 }, want: in(time.Minute)},
		"the looking was interrupted":              {ending: died, change: func(o *outcome) { o.resumes, o.looks = true, 2 }, want: look(2 * firstLook)},
		"the plugin was not there to look":         {ending: run.Ending{Fault: run.FaultPluginDown}, change: func(o *outcome) { o.resumes, o.looks = true, 1 }, want: look(firstLook)},
		"its host stopped while it looked":         {ending: run.Ending{Status: run.StatusCancelled, Cause: run.CauseHostStopping}, change: func(o *outcome) { o.resumes, o.looks = true, 1 }, want: look(firstLook)},
		"the looking took too long": {ending: run.Ending{Status: run.StatusCancelled, Cause: run.CauseTimeout}, change: func(o *outcome) {
			o.resumes, o.looks, o.retry = true, maxLooks, &schedule.Retry{Attempts: 3, On: []schedule.RetryOn{schedule.RetryTimedOut}}
		}},
		"interrupted too often": {ending: died, change: func(o *outcome) { o.resumes, o.looks, o.retry = true, maxLooks, nil }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := outcome{ending: test.ending, retry: retry, inForce: true, tries: 1}
			if test.change != nil {
				test.change(&o)
			}
			o.state, o.reason = settle(test.ending, o.looks > 0)
			if diff := cmp.Diff(test.want, o.again(at)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// failing fails so many times, then succeeds.
func failing(times int) func(context.Context, plugin.Call, func(run.LogEntry)) run.Ending {
	return func(_ context.Context, c plugin.Call, _ func(run.LogEntry)) run.Ending {
		if c.Attempt <= times {
			return run.Ending{Status: run.StatusFailed, Error: "not yet"}
		}
		return run.Ending{Status: run.StatusSucceeded}
	}
}

func retries(j *Job) {
	j.Definition.Retry = &schedule.Retry{Attempts: 3, Backoff: 10 * time.Minute, MaxBackoff: time.Hour, On: []schedule.RetryOn{schedule.RetryFailed}}
}

func TestRetry(t *testing.T) {
	t.Parallel()
	inBubble(t, "comes exactly when it is due, and the run ends once", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = failing(2)
		b.add(t, "a", retries)
		b.fire("a")
		begun := time.Now()
		time.Sleep(time.Hour)
		r := b.only(t)
		if r.State != run.Succeeded || r.Attempts != 3 {
			t.Fatalf("run = %+v", r)
		}
		for i, want := range []time.Duration{0, 10 * time.Minute, 30 * time.Minute} {
			if got := b.attempts(t, r.ID)[i].StartedAt.Sub(begun); got != want {
				t.Errorf("attempt %d began after %s, want %s", i+1, got, want)
			}
		}
		if _, ended := b.seen.counts(); ended != 1 {
			t.Errorf("the observer saw %d ends", ended)
		}
	})
	inBubble(t, "ends as its last attempt", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = failing(9)
		b.add(t, "a", retries)
		b.fire("a")
		time.Sleep(5 * time.Hour)
		if r := b.only(t); r.State != run.Failed || r.Attempts != 3 || r.Error != "not yet" {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "keeps other firings from running while it waits, as the overlap has it", func(t *testing.T) {
		for overlap, want := range map[schedule.Overlap]run.Reason{schedule.OverlapSkip: run.ReasonOverlap, schedule.OverlapQueue: run.None} {
			b := setup(t, nil)
			b.executor.do = func(_ context.Context, c plugin.Call, _ func(run.LogEntry)) run.Ending {
				return run.Ending{Status: run.StatusFailed, Hint: run.HintAfter, RetryAfter: 5 * time.Minute}
			}
			b.add(t, "a", func(j *Job) { retries(j); j.Definition.Overlap = overlap })
			b.fire("a")
			b.fire("a")
			if f := b.firings(t, "a"); f[1].Reason != want {
				t.Errorf("%s: firing = %+v", overlap, f[1])
			}
			time.Sleep(5 * time.Hour)
		}
	})
	inBubble(t, "survives a restart, be the schedule stopped meanwhile", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = failing(1)
		b.add(t, "a", retries)
		b.fire("a")
		b.set("a", func(j *Job) { j.Started = false })
		b.restart(t, 3*time.Minute, nil)
		if r := b.only(t); r.State != run.Waiting {
			t.Fatalf("run = %+v", r)
		}
		time.Sleep(7 * time.Minute)
		synctest.Wait()
		if r := b.only(t); r.State != run.Succeeded || r.Attempts != 2 {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "is made at once after an outage in which it was due", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = failing(1)
		b.add(t, "a", retries)
		b.fire("a")
		b.restart(t, 3*time.Hour, nil)
		if r := b.only(t); r.State != run.Succeeded || r.Attempts != 2 {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "ends as cancelled when its schedule is gone", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = failing(1)
		b.add(t, "a", retries)
		b.fire("a")
		b.mu.Lock()
		delete(b.jobs, "a")
		b.mu.Unlock()
		time.Sleep(time.Hour)
		if r := b.only(t); r.State != run.Cancelled || r.Reason != run.ReasonScheduleRemoved || b.executor.count() != 1 {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "can be cancelled while it waits", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = failing(1)
		b.add(t, "a", retries)
		b.fire("a")
		if err := b.Cancel(t.Context(), b.only(t).ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if r := b.only(t); r.State != run.Cancelled || b.executor.count() != 1 {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "of what a dead host executed, where the schedule has it", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = obey
		b.add(t, "a", func(j *Job) { j.Definition.OnLost = schedule.OnLostRetry })
		b.add(t, "b", nil)
		b.fire("a", "b")
		b.executor.do = nil
		b.restart(t, time.Minute, nil)
		for _, r := range b.runs(t) {
			want := map[string]run.State{"a": run.Succeeded, "b": run.Lost}[r.ScheduleID]
			if r.State != want || b.attempts(t, r.ID)[0].State != run.Lost {
				t.Errorf("run = %+v", r)
			}
		}
	})
}

package dispatch

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// tally counts what became of the firings of a schedule, by outcome or reason.
func (b *bundle) tally(t *testing.T, id string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, f := range b.firings(t, id) {
		what := string(f.Outcome)
		if f.Reason != run.None {
			what = string(f.Reason)
		}
		counts[what]++
	}
	return counts
}

// update makes a new version of a schedule, here and in the store.
func (b *bundle) update(t *testing.T, id string, change func(*Job)) {
	t.Helper()
	b.set(id, func(j *Job) { change(j); j.Version++ })
	job, _ := b.Job(id)
	s := store.Schedule{Definition: job.Definition, Source: store.SourceAPI, Started: job.Started}
	if _, err := b.store.Change(t.Context(), []store.Change{{Kind: store.Update, Schedule: s, At: time.Now(), By: "test"}}); err != nil {
		t.Fatal(err)
	}
}

func TestCatchUp(t *testing.T) {
	t.Parallel()
	all := &schedule.CatchUp{Mode: schedule.CatchUpAll, Within: time.Hour, Limit: 5}
	// The schedule fires each minute. It has run once, and the outage has ten instants.
	tests := map[string]struct {
		policy *schedule.CatchUp
		change func(*testing.T, *bundle) // as the host goes down
		after  func(*testing.T, *bundle) // as it comes back
		want   map[string]int
	}{
		"nothing without a policy":  {want: map[string]int{"ran": 1, "host_down": 10}},
		"none":                      {policy: &schedule.CatchUp{Mode: schedule.CatchUpNone}, want: map[string]int{"ran": 1, "host_down": 10}},
		"the last":                  {policy: &schedule.CatchUp{Mode: schedule.CatchUpLast, Within: time.Hour}, want: map[string]int{"ran": 2, "catch_up_limit": 9}},
		"all":                       {policy: &schedule.CatchUp{Mode: schedule.CatchUpAll, Within: time.Hour, Limit: 100}, want: map[string]int{"ran": 11}},
		"as many as the limit has":  {policy: all, want: map[string]int{"ran": 6, "catch_up_limit": 5}},
		"what is not too old":       {policy: &schedule.CatchUp{Mode: schedule.CatchUpAll, Within: 3 * time.Minute, Limit: 5}, want: map[string]int{"ran": 4, "catch_up_within": 7}},
		"the last, and it is old":   {policy: &schedule.CatchUp{Mode: schedule.CatchUpLast, Within: time.Second}, want: map[string]int{"ran": 1, "catch_up_within": 10}},
		"not after a stop":          {policy: all, change: func(t *testing.T, b *bundle) { b.update(t, "a", func(j *Job) { j.Started = false }) }, want: map[string]int{"ran": 1}},
		"not of before a stop":      {policy: all, after: func(t *testing.T, b *bundle) { b.update(t, "a", func(j *Job) { j.Started = false }) }, want: map[string]int{"ran": 1, "host_down": 5, "catch_up_limit": 5}},
		"not of before an edit":     {policy: all, after: func(t *testing.T, b *bundle) { b.update(t, "a", func(j *Job) { j.Definition.Name = "edited" }) }, want: map[string]int{"ran": 1, "host_down": 5, "catch_up_limit": 5}},
		"not of a removed schedule": {policy: all, after: func(_ *testing.T, b *bundle) { b.mu.Lock(); delete(b.jobs, "a"); b.mu.Unlock() }, want: map[string]int{"ran": 1, "host_down": 5, "catch_up_limit": 5}},
		"not what a hold keeps": {policy: all, change: func(t *testing.T, b *bundle) {
			hold := store.Hold{ID: newRunID(), All: true, Reason: "works", By: "me", Since: time.Now(), Until: time.Now().Add(6 * time.Minute)}
			if _, err := b.store.Hold(t.Context(), hold); err != nil {
				t.Fatal(err)
			}
		}, want: map[string]int{"ran": 5, "held": 6}},
	}
	for name, test := range tests {
		inBubble(t, name, func(t *testing.T) {
			b := setup(t, nil)
			b.executor.do = work(time.Second)
			b.add(t, "a", func(j *Job) { j.Version, j.Definition.CatchUp = 1, test.policy })
			b.fire("a")
			time.Sleep(2 * time.Second)
			if test.change != nil {
				test.change(t, b)
			}
			b.halt()
			time.Sleep(10 * time.Minute)
			r := Recovery{Past: b.store, Sleep: b.store, Holds: b.store, Specs: schedule.NewCache(), LateLimit: time.Minute, Log: testLog(t)}
			found, err := r.Run(t.Context(), true, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			b.boot()
			if test.after != nil {
				test.after(t, b)
			}
			for range 2 { // a crash before all is done finds the same again, and doubles nothing
				if found, err = r.Run(t.Context(), true, time.Now()); err != nil {
					t.Fatal(err)
				}
				if err := b.CatchUp(t.Context(), found.Owed); err != nil {
					t.Fatal(err)
				}
			}
			if err := r.Done(t.Context(), "host-1", found); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			if diff := cmp.Diff(test.want, b.tally(t, "a")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCatchUpRuns(t *testing.T) {
	t.Parallel()
	catchAll := func(j *Job) {
		j.Version = 1
		j.Definition.CatchUp = &schedule.CatchUp{Mode: schedule.CatchUpAll, Within: time.Hour, Limit: 100}
	}
	inBubble(t, "come one after another, before what fires then", func(t *testing.T) {
		b := setup(t, nil)
		c := &counting{takes: 10 * time.Second}
		b.executor.do = c.do
		b.add(t, "a", catchAll)
		b.fire("a")
		time.Sleep(30 * time.Second)
		b.restart(t, 4*time.Minute, nil) // four and a half, and ten seconds before the next instant
		b.fire("a")
		time.Sleep(time.Hour)
		if c.most.Load() != 1 {
			t.Errorf("%d ran at a time", c.most.Load())
		}
		runs := b.runs(t)
		for _, r := range runs[:4] {
			if r.Trigger != run.ByCatchUp || r.State != run.Succeeded {
				t.Errorf("run = %+v", r)
			}
		}
		calls := b.executor.made()
		for i := range calls[1:] {
			if !calls[i].DueAt.Before(calls[i+1].DueAt) {
				t.Errorf("call %d is of an earlier instant", i+1)
			}
		}
		if diff := cmp.Diff(map[string]int{"ran": 5, "overlap": 1}, b.tally(t, "a")); diff != "" {
			t.Error(diff)
		}
	})
	inBubble(t, "are beside each other where overlap is allowed", func(t *testing.T) {
		b := setup(t, nil)
		c := &counting{takes: 10 * time.Second}
		b.executor.do = c.do
		b.add(t, "a", func(j *Job) { catchAll(j); j.Definition.Overlap = schedule.OverlapAllow })
		b.fire("a")
		time.Sleep(30 * time.Second)
		b.restart(t, 4*time.Minute, nil)
		if c.now.Load() != 4 {
			t.Errorf("%d run", c.now.Load())
		}
		time.Sleep(time.Minute)
	})
	inBubble(t, "are made for firings that a suspended host hands out late", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = work(time.Second)
		b.add(t, "a", func(j *Job) { catchAll(j); j.Definition.CatchUp.Limit = 3 })
		b.add(t, "b", nil)
		time.Sleep(10*time.Minute + 30*time.Second)
		var late []schedule.Due
		for m := 9; m >= 0; m-- {
			late = append(late, due(-time.Duration(m)*time.Minute-30*time.Second, "a", "b")...)
		}
		b.Fire(late)
		time.Sleep(time.Minute)
		synctest.Wait()
		if diff := cmp.Diff(map[string]int{"ran": 2, "overlap": 1, "catch_up_limit": 7}, b.tally(t, "a")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]int{"ran": 1, "late": 9}, b.tally(t, "b")); diff != "" {
			t.Error(diff)
		}
		triggers := map[run.Trigger]int{}
		for _, r := range b.runs(t) {
			triggers[r.Trigger]++
		}
		if triggers[run.ByCatchUp] != 2 {
			t.Errorf("triggers = %v", triggers)
		}
	})
	inBubble(t, "are the same for two hosts that come back at the same time", func(t *testing.T) {
		b := setup(t, nil)
		b.add(t, "a", func(j *Job) {
			catchAll(j)
			j.Definition.CatchUp.Within = 5 * time.Minute
			j.Definition.CatchUp.Limit = 3
		})
		b.fire("a")
		b.halt()
		time.Sleep(10 * time.Minute)
		first := time.Now()
		hosts := fakeNeighbours{{ID: "gone", JoinedAt: first.Add(-time.Second), EndedAt: first}, {ID: "host-1", JoinedAt: first}}
		r := Recovery{Past: b.store, Sleep: b.store, Hosts: hosts, Specs: schedule.NewCache(), LateLimit: time.Minute, Log: testLog(t)}
		one, err := r.Run(t.Context(), true, first)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		two, err := r.Run(t.Context(), false, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if len(one.Owed) != 3 || len(two.Owed) != 3 || one.Owed[0].At != two.Owed[0].At || b.tally(t, "a")["catch_up_limit"] != 3 {
			t.Errorf("owed: %d and %d, firings %v", len(one.Owed), len(two.Owed), b.tally(t, "a"))
		}
	})
}

func TestJitterOverRestart(t *testing.T) {
	t.Parallel()
	spec := func(j *Job) {
		j.Version, j.Definition.Cron = 1, "*/10 * * * *"
		j.Definition.More = &schedule.More{Jitter: 9 * time.Minute}
	}
	// delayed is when the next instant is, and when it is to start.
	delayed := func(t *testing.T) (at, start time.Time) {
		s, err := schedule.NewCache().Get(schedule.Timing{Cron: "*/10 * * * *", Timezone: "UTC", More: &schedule.More{Jitter: 9 * time.Minute}})
		if err != nil {
			t.Fatal(err)
		}
		at = s.Next(time.Now())
		for s.Delay("a", at) < 2*time.Minute {
			at = s.Next(at)
		}
		return at, at.Add(s.Delay("a", at))
	}
	begin := func(t *testing.T) (*bundle, time.Time, time.Time) {
		b := setup(t, nil)
		b.add(t, "a", spec)
		at, start := delayed(t)
		time.Sleep(time.Until(at.Add(-30 * time.Second)))
		if err := b.store.Settled(t.Context(), "host-1", time.Now()); err != nil {
			t.Fatal(err)
		}
		return b, at, start
	}
	has := func(b *bundle, t *testing.T, at time.Time) (run.Firing, bool) {
		for _, f := range b.firings(t, "a") {
			if f.DueAt.Equal(at) {
				return f, true
			}
		}
		return run.Firing{}, false
	}
	inBubble(t, "leaves to the engine what is delayed still", func(t *testing.T) {
		b, at, start := begin(t)
		b.restart(t, time.Until(start.Add(-time.Second)), nil)
		if f, ok := has(b, t, at); ok {
			t.Errorf("firing = %+v", f)
		}
	})
	inBubble(t, "misses what was to start meanwhile", func(t *testing.T) {
		b, at, start := begin(t)
		b.restart(t, time.Until(start.Add(time.Second)), nil)
		if f, _ := has(b, t, at); f.Reason != run.ReasonHostDown {
			t.Errorf("firing = %+v", f)
		}
	})
	inBubble(t, "misses it also when other firings were claimed after its instant", func(t *testing.T) {
		b, at, start := begin(t)
		time.Sleep(time.Until(start.Add(-time.Second)))
		if err := b.store.Settled(t.Context(), "host-1", time.Now()); err != nil {
			t.Fatal(err)
		}
		b.restart(t, time.Hour, nil)
		if f, _ := has(b, t, at); f.Reason != run.ReasonHostDown {
			t.Errorf("firing = %+v", f)
		}
	})
	inBubble(t, "settles it when the schedule is changed while no host is there", func(t *testing.T) {
		b, at, start := begin(t)
		b.halt()
		time.Sleep(time.Until(start.Add(-time.Second)))
		r := Recovery{Past: b.store, Sleep: b.store, Specs: schedule.NewCache(), LateLimit: time.Minute, Log: testLog(t)}
		found, err := r.Run(t.Context(), true, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		b.boot()
		b.update(t, "a", func(j *Job) { j.Definition.Name = "edited" })
		if err := b.CatchUp(t.Context(), found.Owed); err != nil {
			t.Fatal(err)
		}
		if f, _ := has(b, t, at); f.Outcome != run.Skipped || f.Reason != run.ReasonStopped {
			t.Errorf("firing = %+v", f)
		}
	})
	inBubble(t, "counts lateness from when it was to start", func(t *testing.T) {
		b, at, start := begin(t)
		time.Sleep(time.Until(start))
		timing := schedule.Timing{Cron: "*/10 * * * *", Timezone: "UTC", More: &schedule.More{Jitter: 9 * time.Minute}}
		s, err := schedule.NewCache().Get(timing)
		if err != nil {
			t.Fatal(err)
		}
		b.Fire([]schedule.Due{{ID: "a", At: at, FireAt: start, Spec: s}})
		synctest.Wait()
		if r := b.only(t); r.State != run.Succeeded || !r.DueAt.Equal(at) {
			t.Errorf("run = %+v", r)
		}
	})
}

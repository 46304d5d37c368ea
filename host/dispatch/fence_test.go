package dispatch

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func TestFence(t *testing.T) {
	t.Parallel()
	inBubble(t, "ends what is executed when the lease is lost", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = obey
		b.add(t, "a", nil)
		if _, _, err := b.Trigger(t.Context(), Request{ScheduleID: "a"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		b.lease.set("host-1", true)
		b.Fence()
		synctest.Wait()
		if r := b.only(t); r.State != run.Cancelled || r.Reason != run.ReasonLeaseLost {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "claims what is due when a lease is held again, under its id", func(t *testing.T) {
		b := setup(t, nil)
		b.add(t, "a", nil)
		time.Sleep(time.Minute)
		b.lease.set("host-1", true)
		time.AfterFunc(20*time.Second, func() {
			b.lease.set("host-2", false)
			b.join(t)
		})
		b.Fire(due(0, "a"))
		synctest.Wait()
		r := b.only(t)
		_, attempts, err := b.store.Run(t.Context(), r.ID)
		if err != nil || r.State != run.Succeeded || attempts[0].HostID != "host-2" {
			t.Errorf("run = %+v, attempts %+v, %v", r, attempts, err)
		}
	})
	inBubble(t, "calls no plugin for an attempt whose lease is gone by then", func(t *testing.T) {
		var ledger *losingLedger
		b := setup(t, func(o *Options) { ledger = &losingLedger{Ledger: o.Ledger}; o.Ledger = ledger })
		ledger.lose = func() { b.lease.set("host-1", true) }
		b.add(t, "a", nil)
		time.Sleep(time.Minute)
		b.Fire(due(0, "a"))
		synctest.Wait()
		if r := b.only(t); b.executor.count() != 0 || r.Reason != run.ReasonLeaseLost {
			t.Errorf("%d calls, run = %+v", b.executor.count(), r)
		}
	})
}

// losingLedger loses the lease just as a claim is made.
type losingLedger struct {
	Ledger
	lose func()
}

func (l *losingLedger) Claim(ctx context.Context, c store.Claim) ([]store.Claimed, error) {
	defer l.lose()
	return l.Ledger.Claim(ctx, c)
}

func TestForeignSchedules(t *testing.T) {
	t.Parallel()
	inBubble(t, "are missed when no host has run them in time", func(t *testing.T) {
		b := setup(t, nil)
		b.add(t, "a", func(j *Job) {
			j.Here = false
			j.Definition.Placement = &schedule.Placement{Labels: map[string]string{"zone": "b"}, Wait: 2 * time.Minute}
		})
		s := NewSweeper(b.Dispatcher, schedule.NewCache())
		s.Start()
		defer s.Stop()
		s.Wake()
		time.Sleep(10*time.Minute + 2*SweepEvery)
		if ago := time.Since(s.Swept("a")); ago < 2*time.Minute || ago > 2*time.Minute+SweepEvery {
			t.Errorf("swept until %s ago", ago)
		}
		f := b.firings(t, "a")
		if len(f) != 8 {
			t.Fatalf("%d firings are settled, want those that waited for two minutes", len(f))
		}
		for _, f := range f {
			if f.Outcome != run.Missed || f.Reason != run.ReasonNoHost || f.SettledAt.Sub(f.DueAt) < 2*time.Minute {
				t.Errorf("firing = %+v", f)
			}
		}
	})
	inBubble(t, "have their waiting runs left to others", func(t *testing.T) {
		b := setup(t, nil)
		b.add(t, "a", func(j *Job) { j.Here = false })
		r, _, err := b.Trigger(t.Context(), Request{ScheduleID: "a"})
		if err != nil {
			t.Fatal(err)
		}
		b.Wake("p")
		time.Sleep(time.Hour)
		if got := b.only(t); got.ID != r.ID || got.State != run.Waiting {
			t.Errorf("run = %+v", got)
		}
	})
}

func TestWaitingRuns(t *testing.T) {
	t.Parallel()
	inBubble(t, "of a schedule that was removed end without a call", func(t *testing.T) {
		b := setup(t, nil)
		b.SetPlugin("p", b.executor, 1)
		b.executor.do = work(time.Minute)
		b.add(t, "a", nil)
		b.add(t, "gone", nil)
		for _, id := range []string{"a", "gone"} {
			if _, _, err := b.Trigger(t.Context(), Request{ScheduleID: id}); err != nil {
				t.Fatal(err)
			}
		}
		b.mu.Lock()
		delete(b.jobs, "gone")
		b.mu.Unlock()
		time.Sleep(time.Hour)
		for _, r := range b.runs(t) {
			if r.ScheduleID == "gone" && (r.State != run.Cancelled || r.Reason != run.ReasonScheduleRemoved) {
				t.Errorf("run = %+v", r)
			}
		}
		if b.executor.count() != 1 {
			t.Errorf("%d calls", b.executor.count())
		}
	})
	inBubble(t, "are taken by a host that drains no longer", func(t *testing.T) {
		b := setup(t, nil)
		b.add(t, "a", func(j *Job) { j.Here = false })
		b.Drain(true)
		if _, _, err := b.Trigger(t.Context(), Request{ScheduleID: "a"}); err != nil {
			t.Fatal(err)
		}
		b.set("a", func(j *Job) { j.Here = true })
		time.Sleep(time.Hour)
		if n := b.waiting(t); n != 1 {
			t.Errorf("%d runs wait, want 1", n)
		}
		b.Drain(false)
		time.Sleep(time.Hour)
		if r := b.only(t); r.State != run.Succeeded {
			t.Errorf("run = %+v", r)
		}
	})
}

// fakeNeighbours are other hosts, by what they report.
type fakeNeighbours []store.Host

func (f fakeNeighbours) Order(context.Context, store.Order) error    { return store.ErrNotFound }
func (f fakeNeighbours) Sync(context.Context) error                  { return nil }
func (f fakeNeighbours) Hosts(context.Context) ([]store.Host, error) { return f, nil }

func (f fakeNeighbours) Executing(context.Context, string) ([]run.Run, error) { return nil, nil }

func (b *bundle) giveUp(t *testing.T) {
	t.Helper()
	if err := b.LookAfterWaiting(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestRunsThatNoHostCanExecute(t *testing.T) {
	t.Parallel()
	able := store.Host{Report: store.Report{Labels: map[string]string{"zone": "b"}, Plugins: []store.PluginReport{{Name: "p"}}}}
	draining, ended, elsewhere := able, able, able
	draining.Report.Draining = true
	ended.EndedAt = time.Now()
	elsewhere.Report.Labels = map[string]string{"zone": "a"}
	for name, tt := range map[string]struct {
		host store.Host
		want run.State
	}{
		"wait while one is there that can":      {able, run.Waiting},
		"end when it drains":                    {draining, run.Cancelled},
		"end when it is gone":                   {ended, run.Cancelled},
		"end when the others lack the label":    {elsewhere, run.Cancelled},
		"end when the others lack their plugin": {store.Host{Report: store.Report{Labels: able.Report.Labels}}, run.Cancelled},
	} {
		inBubble(t, name, func(t *testing.T) {
			b := setup(t, func(o *Options) { o.Neighbours = fakeNeighbours{tt.host} })
			b.add(t, "a", func(j *Job) {
				j.Here = false
				j.Definition.Placement = &schedule.Placement{Labels: map[string]string{"zone": "b"}, Wait: 2 * time.Minute}
			})
			r, _, err := b.Trigger(t.Context(), Request{ScheduleID: "a"})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			b.giveUp(t)
			if got := b.only(t); got.State != run.Waiting {
				t.Errorf("its wait is not over, and it is %s", got.State)
			}
			time.Sleep(time.Minute + time.Second)
			b.giveUp(t)
			got, _, err := b.store.Run(t.Context(), r.ID)
			if err != nil || got.State != tt.want || tt.want == run.Cancelled && got.Reason != run.ReasonNoHost {
				t.Errorf("run = %+v, %v", got, err)
			}
		})
	}
}

func TestRunsOfNoScheduleThatWait(t *testing.T) {
	t.Parallel()
	able := store.Host{Report: store.Report{Plugins: []store.PluginReport{{Name: "q"}}}}
	draining, ended := able, able
	draining.Report.Draining = true
	ended.EndedAt = time.Now()
	for name, tt := range map[string]struct {
		host store.Host
		want run.State
	}{
		"go on waiting while a host has their plugin": {able, run.Waiting},
		"go on waiting for a host that drains":        {draining, run.Waiting},
		"end when nobody has their plugin":            {store.Host{}, run.Cancelled},
		"end when the host that has it is gone":       {ended, run.Cancelled},
	} {
		inBubble(t, name, func(t *testing.T) {
			b := setup(t, func(o *Options) { o.Neighbours = fakeNeighbours{tt.host} })
			_, _, err := b.store.Trigger(t.Context(), store.Trigger{HostID: "host-1", Run: run.Run{
				ID: newRunID(), Trigger: run.ByChain, DueAt: time.Now(), CreatedAt: time.Now(), Action: "act", Plugin: "q",
				Work: &run.Work{Arguments: []byte(`{}`)},
			}})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			b.giveUp(t)
			if got := b.only(t); got.State != tt.want || tt.want == run.Cancelled && got.Reason != run.ReasonNoHost {
				t.Errorf("run = %+v", got)
			}
		})
	}
	inBubble(t, "go on waiting while this host, which drains, has their plugin", func(t *testing.T) {
		b := setup(t, func(o *Options) { o.Neighbours = fakeNeighbours{} })
		b.Drain(true)
		err := b.askFor(run.Run{
			ID: newRunID(), Trigger: run.ByChain, DueAt: time.Now(), CreatedAt: time.Now(), Action: "act", Plugin: "p",
			Work: &run.Work{Arguments: []byte(`{}`)},
		}, store.Policy{})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		b.giveUp(t)
		if got := b.only(t); got.State != run.Waiting {
			t.Errorf("run = %+v", got)
		}
	})
}

// deafLedger makes what it is asked for, and loses some answers.
type deafLedger struct {
	Ledger
	takes, ends int // how many answers are lost
}

func (l *deafLedger) Take(ctx context.Context, t store.Take) ([]run.Run, error) {
	runs, err := l.Ledger.Take(ctx, t)
	if len(runs) > 0 && l.takes > 0 {
		l.takes--
		return nil, store.ErrUnavailable
	}
	return runs, err
}

func (l *deafLedger) Claim(ctx context.Context, c store.Claim) ([]store.Claimed, error) {
	claimed, err := l.Ledger.Claim(ctx, c)
	if l.takes > 0 {
		l.takes--
		return nil, store.ErrUnavailable
	}
	return claimed, err
}

func (l *deafLedger) End(ctx context.Context, e store.AttemptEnd) (bool, error) {
	counted, err := l.Ledger.End(ctx, e)
	if l.ends > 0 {
		l.ends--
		return false, store.ErrUnavailable
	}
	return counted, err
}

// recalling tells what the ledger has the host execute.
type recalling struct {
	fakeNeighbours
	store func() []run.Run
}

func (r recalling) Executing(context.Context, string) ([]run.Run, error) {
	var open []run.Run
	for _, one := range r.store() {
		if one.State == run.Running {
			open = append(open, one)
		}
	}
	return open, nil
}

func TestLostAnswers(t *testing.T) {
	t.Parallel()
	inBubble(t, "of a claim let it be made once, and executed once", func(t *testing.T) {
		b := setup(t, func(o *Options) { o.Ledger = &deafLedger{Ledger: o.Ledger, takes: 2} })
		b.add(t, "a", nil)
		time.Sleep(time.Minute)
		b.Fire(due(0, "a"))
		synctest.Wait()
		if r := b.only(t); r.State != run.Succeeded || b.executor.count() != 1 {
			t.Errorf("%d calls, run = %+v", b.executor.count(), r)
		}
		if running := b.Running("p"); running != 0 {
			t.Errorf("%d slots are taken", running)
		}
	})
	inBubble(t, "of a take leave a run that is reclaimed, and executed once", func(t *testing.T) {
		var b *bundle
		b = setup(t, func(o *Options) {
			o.Ledger = &deafLedger{Ledger: o.Ledger, takes: 1}
			o.Neighbours = recalling{store: func() []run.Run { return b.runs(t) }}
		})
		b.add(t, "a", func(j *Job) { j.Here = false })
		if _, _, err := b.Trigger(t.Context(), Request{ScheduleID: "a"}); err != nil {
			t.Fatal(err)
		}
		b.set("a", func(j *Job) { j.Here = true })
		b.Wake("p")
		synctest.Wait()
		time.Sleep(time.Second)
		if r := b.only(t); r.State != run.Running || b.executor.count() != 0 {
			t.Fatalf("%d calls, run = %+v", b.executor.count(), r)
		}
		for range 2 {
			time.Sleep(orphanAge)
			if err := b.Reclaim(t.Context()); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if r := b.only(t); r.State != run.Succeeded || b.executor.count() != 1 {
			t.Errorf("%d calls, run = %+v", b.executor.count(), r)
		}
	})
	inBubble(t, "of an end are found out", func(t *testing.T) {
		b := setup(t, func(o *Options) { o.Ledger = &deafLedger{Ledger: o.Ledger, ends: 1} })
		b.add(t, "a", nil)
		time.Sleep(time.Minute)
		b.Fire(due(0, "a"))
		time.Sleep(time.Minute)
		if _, ended := b.seen.counts(); ended != 1 {
			t.Errorf("the observer saw %d ends", ended)
		}
	})
}

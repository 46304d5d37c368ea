package dispatch

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// recover runs a recovery and returns from when on instants are for the engine.
func (b *bundle) recover(t *testing.T, alone bool, now time.Time) time.Time {
	t.Helper()
	r := Recovery{Past: b.store, Sleep: b.store, Specs: schedule.NewCache(), LateLimit: time.Minute, Log: testLog(t)}
	found, err := r.Run(t.Context(), alone, now)
	if err == nil {
		err = b.CatchUp(t.Context(), found.Owed)
	}
	if err == nil {
		err = r.Done(t.Context(), b.lease.id, found)
	}
	if err != nil {
		t.Fatal(err)
	}
	return found.After
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	inBubble(t, "ends what was open and records what was slept through", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = obey
		b.SetPlugin("p", b.executor, 1)
		b.add(t, "a", nil)
		b.add(t, "b", nil)
		time.Sleep(time.Minute)
		b.Fire(due(0, "a", "b")) // one runs, one waits
		synctest.Wait()
		time.Sleep(3*time.Minute + 10*time.Second) // the host sleeps: three instants of each
		now := time.Now()
		for range 2 { // a second time finds nothing more
			b.lease.set(uuid.NewString(), false)
			if joined := b.join(t); !joined.Alone {
				t.Error("somebody else holds a lease of a store for one host")
			}
			b.recover(t, true, now)
		}
		reasons := map[run.Reason]int{}
		for _, r := range b.runs(t) {
			reasons[r.Reason]++
		}
		if reasons[run.ReasonHostDied] != 1 || reasons[run.ReasonNeverStarted] != 1 || len(b.runs(t)) != 2 {
			t.Errorf("reasons = %v", reasons)
		}
		for _, id := range []string{"a", "b"} {
			f := b.firings(t, id)
			if len(f) != 4 || f[0].Outcome != run.Ran {
				t.Fatalf("firings of %s = %+v", id, f)
			}
			for _, missed := range f[1:] {
				if missed.Outcome != run.Missed || missed.Reason != run.ReasonHostDown || missed.Version != 1 {
					t.Errorf("firing = %+v", missed)
				}
			}
		}
		until, err := b.store.SettledUntil(t.Context())
		if err != nil || !until.Equal(now.Truncate(time.Microsecond)) {
			t.Errorf("settled until %s, want %s, %v", until, now, err)
		}
	})
	inBubble(t, "owes nothing for the time a schedule was stopped or not there", func(t *testing.T) {
		b := setup(t, nil)
		b.add(t, "a", nil)
		time.Sleep(time.Minute)
		b.Fire(due(0, "a"))
		synctest.Wait()
		time.Sleep(2*time.Minute + 30*time.Second)
		s := store.Schedule{Definition: b.jobs["a"].Definition, Source: store.SourceAPI}
		stop := store.Change{Kind: store.Update, Schedule: s, At: time.Now(), By: "test"}
		if _, err := b.store.Change(t.Context(), []store.Change{stop}); err != nil {
			t.Fatal(err)
		}
		b.add(t, "late", nil)
		time.Sleep(time.Hour)
		b.recover(t, true, time.Now())
		if n := len(b.firings(t, "a")); n != 3 {
			t.Errorf("the stopped schedule has %d firings, want the one that ran and two missed before the stop", n)
		}
		if n := len(b.firings(t, "late")); n != 60 {
			t.Errorf("the later schedule has %d firings, want 60", n)
		}
	})
	inBubble(t, "finds nothing in a new store", func(t *testing.T) {
		b := setup(t, nil)
		b.add(t, "a", nil)
		time.Sleep(time.Hour)
		b.recover(t, true, time.Now())
		if n := len(b.firings(t, "a")); n != 0 {
			t.Errorf("%d firings in a store that never fired", n)
		}
	})
	inBubble(t, "leaves what may still run to the engine when other hosts are there", func(t *testing.T) {
		b := setup(t, nil)
		b.add(t, "a", func(j *Job) { j.Definition.Cron = "*/10 * * * * *" })
		time.Sleep(time.Minute)
		if err := b.store.Settled(t.Context(), "host-1", time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		after := b.recover(t, false, time.Now())
		if want := time.Now().Add(-time.Minute); !after.Equal(want) {
			t.Errorf("the engine begins after %s, want %s", after, want)
		}
		f := b.firings(t, "a")
		if len(f) == 0 || f[len(f)-1].DueAt.After(after) || after.Sub(f[len(f)-1].DueAt) >= 10*time.Second {
			t.Errorf("missed up to %+v, want up to %s", f, after)
		}
	})
	inBubble(t, "leaves what other hosts wait for to them", func(t *testing.T) {
		b := setup(t, nil)
		b.add(t, "a", func(j *Job) { j.Definition.Placement = &schedule.Placement{Wait: 10 * time.Minute} })
		if err := b.store.Settled(t.Context(), "host-1", time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		b.recover(t, false, time.Now())
		if f := b.firings(t, "a"); len(f) != 0 {
			t.Errorf("missed while another host may run it: %+v", f)
		}
		time.Sleep(10 * time.Minute)
		b.recover(t, false, time.Now())
		if f := b.firings(t, "a"); len(f) == 0 || time.Since(f[len(f)-1].DueAt) < 10*time.Minute {
			t.Errorf("missed: %+v", f)
		}
	})
	inBubble(t, "leaves to the engine what the first hosts of a new store may not come to do", func(t *testing.T) {
		b := setup(t, nil)
		now := time.Now()
		if after := b.recover(t, false, now); !after.Equal(now.Add(-time.Minute)) {
			t.Errorf("the engine begins after %s", after)
		}
	})
}

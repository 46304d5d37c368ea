package dispatch

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// refusingLedger refuses to make some runs, for good, and some for a while.
type refusingLedger struct {
	Ledger
	refuse func(run.Run) error
}

func (l *refusingLedger) Trigger(ctx context.Context, t store.Trigger) (run.Run, bool, error) {
	if err := l.refuse(t.Run); err != nil {
		return run.Run{}, false, err
	}
	return l.Ledger.Trigger(ctx, t)
}

// setupRefused is setupFollowed with a ledger that refuses.
func setupRefused(t *testing.T, refuse func(run.Run) error, change func(*Options)) *followed {
	t.Helper()
	f := &followed{}
	f.bundle = setup(t, func(o *Options) {
		db := o.Queue.(store.Store)
		o.Outbox, o.Holds, o.Ledger = db, db, &refusingLedger{o.Ledger, refuse}
		if change != nil {
			change(o)
		}
	})
	follower := NewFollower(f.Dispatcher)
	follower.Start()
	t.Cleanup(func() { f.Refuse(); follower.Stop() })
	return f
}

func (f *followed) unfollowed(t *testing.T) int {
	t.Helper()
	runs, err := f.store.Unfollowed(t.Context(), store.MaxPage)
	if err != nil {
		t.Fatal(err)
	}
	return len(runs)
}

// syncing counts how often it is asked to sync, and then does something.
type syncing struct {
	fakeNeighbours
	asked atomic.Int32
	then  func()
}

// Sync implements Neighbours.
func (s *syncing) Sync(context.Context) error {
	s.asked.Add(1)
	if s.then != nil {
		s.then()
	}
	return nil
}

func TestFollowInBadTimes(t *testing.T) {
	t.Parallel()
	end := schedule.FollowUp{Name: "on_end", On: schedule.OnEnd}
	inBubble(t, "go on behind a run that cannot be followed, and give it up at last", func(t *testing.T) {
		f := setupRefused(t, func(r run.Run) error {
			if r.Step != "" && r.ScheduleID == "bad" {
				return errors.New("refused for ever")
			}
			return nil
		}, nil)
		f.addFollowed(t, "bad", end)
		f.addFollowed(t, "good", end)
		f.fireTimes(1, "bad")
		f.fireTimes(2, "good")
		if n := len(f.steps(t)); n != 2 {
			t.Errorf("%d steps were made, want those of the good one", n)
		}
		if n := f.unfollowed(t); n > 1 {
			t.Errorf("%d runs are unfollowed", n)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if n := f.unfollowed(t); n != 0 {
			t.Errorf("%d runs are tried for ever", n)
		}
	})
	inBubble(t, "make each once over an outage and more than a page", func(t *testing.T) {
		var away atomic.Bool
		f := setupRefused(t, func(r run.Run) error {
			if r.Step != "" && away.Load() {
				return store.ErrUnavailable
			}
			return nil
		}, nil)
		var ids []string
		for i := range 2*followLimit + 10 {
			ids = append(ids, fmt.Sprintf("s%03d", i))
			f.addFollowed(t, ids[i], end)
		}
		away.Store(true)
		f.fireTimes(1, ids...)
		if n := f.unfollowed(t); n != len(ids) {
			t.Errorf("%d are unfollowed in the outage, want %d", n, len(ids))
		}
		away.Store(false)
		time.Sleep(time.Minute)
		synctest.Wait()
		if n, left := len(f.steps(t)), f.unfollowed(t); n != len(ids) || left != 0 {
			t.Errorf("%d steps for %d runs, %d unfollowed", n, len(ids), left)
		}
	})
	inBubble(t, "leave to other hosts what only they know, for a while", func(t *testing.T) {
		f := setupRefused(t, func(run.Run) error { return nil }, func(o *Options) { o.Neighbours = &syncing{} })
		f.addFollowed(t, "theirs", end, schedule.FollowUp{Name: "on_success", On: schedule.OnSuccess, Start: []string{"other"}})
		f.addFollowed(t, "ours", end)
		f.add(t, "other", nil)
		f.mu.Lock()
		j := f.jobs["theirs"]
		j.Steps = nil // as for a schedule that only other hosts' files declare
		f.jobs["theirs"] = j
		f.mu.Unlock()
		f.fireTimes(1, "theirs")
		f.fireTimes(1, "ours")
		if n := f.unfollowed(t); n != 1 {
			t.Errorf("%d are left to others", n)
		}
		chained := 0
		for _, r := range f.runs(t) {
			if r.ScheduleID == "other" && r.Trigger == run.ByChain {
				chained++
			}
		}
		if steps := f.steps(t); len(steps) != 1 || chained != 1 {
			t.Errorf("steps %v, %d chained: want what this host can do, once", steps, chained)
		}
		time.Sleep(followPatience + time.Minute)
		synctest.Wait()
		if n := f.unfollowed(t); n != 0 {
			t.Errorf("%d are left for ever", n)
		}
	})
	inBubble(t, "ask for news of a schedule that another host has just made", func(t *testing.T) {
		news := &syncing{}
		f := setupRefused(t, func(run.Run) error { return nil }, func(o *Options) { o.Neighbours = news })
		f.addFollowed(t, "s", end)
		f.mu.Lock()
		job := f.jobs["s"]
		f.mu.Unlock()
		news.then = func() { f.mu.Lock(); f.jobs["s"] = job; f.mu.Unlock() }
		f.executor.do = work(5 * time.Second)
		f.fire("s")
		f.mu.Lock()
		delete(f.jobs, "s") // by the time it ends, this host has not heard of it
		f.mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(f.steps(t)) != 1 || news.asked.Load() == 0 {
			t.Errorf("steps %v, asked for news %d times", f.steps(t), news.asked.Load())
		}
	})
	inBubble(t, "never execute what is stopped, though a host dies before it is ended", func(t *testing.T) {
		f := setupFollowed(t)
		f.addFollowed(t, "first", schedule.FollowUp{Name: "on_end", On: schedule.OnEnd, Start: []string{"target"}})
		f.add(t, "target", func(j *Job) { j.Started = false })
		// What a host has left that died between asking for the run and ending it.
		left := run.Run{ID: newRunID(), ScheduleID: "target", ScheduleName: "target", Trigger: run.ByChain, CreatedAt: time.Now(), DueAt: time.Now(), Action: "act"}
		if _, _, err := f.store.Trigger(t.Context(), store.Trigger{HostID: "host-1", Run: left}); err != nil {
			t.Fatal(err)
		}
		f.fireTimes(1, "first")
		for _, c := range f.executor.made() {
			if c.ScheduleID == "target" {
				t.Errorf("it was executed: %+v", c)
			}
		}
		for _, r := range f.runs(t) {
			if r.ScheduleID == "target" && r.ID != left.ID && (r.State != run.Cancelled || r.Reason != run.ReasonStopped) {
				t.Errorf("run = %+v", r)
			}
		}
	})
}

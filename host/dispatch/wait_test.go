package dispatch

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/plugin"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// counting is an action that takes so long and knows how many run at a time.
type counting struct {
	takes     time.Duration
	now, most atomic.Int32
}

func (c *counting) do(ctx context.Context, _ plugin.Call, _ func(run.LogEntry)) run.Ending {
	c.most.Store(max(c.most.Load(), c.now.Add(1)))
	defer c.now.Add(-1)
	select {
	case <-ctx.Done():
		return run.Ending{Status: run.StatusCancelled, Cause: causeOf(ctx)}
	case <-time.After(c.takes):
	}
	return run.Ending{Status: run.StatusSucceeded}
}

func TestPools(t *testing.T) {
	t.Parallel()
	inBubble(t, "limit what runs over two plugins, and pass slots on at once", func(t *testing.T) {
		b := setup(t, nil)
		c := &counting{takes: time.Minute}
		b.executor.do = c.do
		b.SetPlugin("q", &fakeExecutor{do: c.do}, 100)
		b.SetPools(map[string]Pool{"x": {Slots: 2}}, map[string]string{"q": "x"})
		ids := []string{"a", "b", "c", "d", "e", "f"}
		for i, id := range ids {
			b.add(t, id, func(j *Job) {
				if j.Definition.Pool = "x"; i%2 == 0 { // its plugin's
					j.Plugin, j.Definition.Pool = "q", ""
				}
			})
		}
		b.fire(ids...)
		begun := time.Now()
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if c.most.Load() != 2 {
			t.Errorf("%d ran at a time, want 2", c.most.Load())
		}
		for _, r := range b.runs(t) {
			if r.State != run.Succeeded || r.EndedAt.Sub(begun) > 3*time.Minute {
				t.Errorf("run = %+v", r)
			}
		}
	})
	inBubble(t, "give the highest priority the next slot, then the earliest due", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = work(time.Minute)
		b.SetPools(map[string]Pool{"x": {Slots: 1}}, nil)
		for i, id := range []string{"first", "low", "high"} {
			b.add(t, id, func(j *Job) { j.Definition.Pool, j.Definition.Priority = "x", i })
		}
		b.fire("first")
		b.Fire(due(0, "low"))
		b.Fire(due(0, "high"))
		time.Sleep(time.Hour)
		var order []string
		for _, c := range b.executor.made() {
			order = append(order, c.ScheduleID)
		}
		if len(order) != 3 || order[1] != "high" {
			t.Errorf("order = %v", order)
		}
	})
	inBubble(t, "give up what waits too long, to the second", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = work(time.Hour)
		b.SetPools(map[string]Pool{"x": {Slots: 1, MaxWait: 30 * time.Minute}}, nil)
		for _, id := range []string{"a", "b"} {
			b.add(t, id, func(j *Job) { j.Definition.Pool = "x" })
		}
		b.fire("a", "b")
		begun := time.Now()
		time.Sleep(2 * time.Hour)
		for _, r := range b.runs(t) {
			if r.State != run.Succeeded && (r.Reason != run.ReasonWaitedTooLong || r.EndedAt.Sub(begun) != 30*time.Minute) {
				t.Errorf("run = %+v", r)
			}
		}
		if _, ended := b.seen.counts(); ended != 2 || b.executor.count() != 1 {
			t.Errorf("%d ends, %d calls", ended, b.executor.count())
		}
	})
	inBubble(t, "take what waits when they get more slots", func(t *testing.T) {
		b := setup(t, nil)
		c := &counting{takes: time.Hour}
		b.executor.do = c.do
		b.SetPools(map[string]Pool{"x": {Slots: 1}}, nil)
		for _, id := range []string{"a", "b"} {
			b.add(t, id, func(j *Job) { j.Definition.Pool = "x" })
		}
		b.fire("a", "b")
		b.SetPools(map[string]Pool{"x": {Slots: 2}}, nil)
		synctest.Wait()
		if c.now.Load() != 2 {
			t.Errorf("%d run", c.now.Load())
		}
		time.Sleep(2 * time.Hour)
	})
}

func TestOverlap(t *testing.T) {
	t.Parallel()
	inBubble(t, "queue runs one after another, and skips what is too much", func(t *testing.T) {
		b := setup(t, nil)
		c := &counting{takes: 150 * time.Second}
		b.executor.do = c.do
		b.add(t, "a", func(j *Job) { j.Definition.Overlap = schedule.OverlapQueue })
		for range 3 {
			b.fire("a")
		}
		begun := b.executor.made()[0].StartedAt
		time.Sleep(time.Hour)
		f := b.firings(t, "a")
		if f[1].Outcome != run.Ran || f[2].Reason != run.ReasonQueue || c.most.Load() != 1 {
			t.Errorf("firings = %+v, %d at a time", f, c.most.Load())
		}
		if second := b.executor.made()[1].StartedAt; second.Sub(begun) != 150*time.Second {
			t.Errorf("the second began after %s", second.Sub(begun))
		}
	})
	inBubble(t, "replace ends the open run, and begins when it has ended", func(t *testing.T) {
		b := setup(t, nil)
		c := &counting{takes: 10 * time.Minute}
		b.executor.do = func(ctx context.Context, call plugin.Call, sink func(run.LogEntry)) run.Ending {
			ending := c.do(ctx, call, sink)
			if ctx.Err() != nil {
				time.Sleep(5 * time.Second) // it needs some time to end
			}
			return ending
		}
		b.add(t, "a", func(j *Job) { retries(j); j.Definition.Overlap = schedule.OverlapReplace })
		for range 3 {
			b.fire("a")
		}
		time.Sleep(time.Hour)
		runs := b.runs(t)
		if len(runs) != 3 || runs[0].State != run.Succeeded || c.most.Load() != 1 {
			t.Fatalf("runs = %+v", runs)
		}
		for _, r := range runs[1:] {
			if r.State != run.Cancelled || r.Reason != run.ReasonReplaced || r.Attempts != 1 {
				t.Errorf("run = %+v", r)
			}
		}
		if wait := runs[0].StartedAt.Sub(runs[0].CreatedAt); wait != 5*time.Second {
			t.Errorf("it began after %s", wait)
		}
	})
	inBubble(t, "replace ends what waits for another attempt", func(t *testing.T) {
		b := setup(t, nil)
		b.executor.do = failing(1)
		b.add(t, "a", func(j *Job) { retries(j); j.Definition.Overlap = schedule.OverlapReplace })
		b.fire("a")
		b.fire("a")
		time.Sleep(time.Hour)
		if runs := b.runs(t); len(runs) != 2 || runs[1].Reason != run.ReasonReplaced || runs[0].State != run.Succeeded {
			t.Errorf("runs = %+v", runs)
		}
		if _, ended := b.seen.counts(); ended != 2 {
			t.Errorf("the observer saw %d ends", ended)
		}
	})
	inBubble(t, "replace asks the host that executes it", func(t *testing.T) {
		others := &ordered{}
		b := setup(t, func(o *Options) { o.Neighbours = others })
		b.add(t, "a", func(j *Job) { j.Definition.Overlap = schedule.OverlapReplace })
		b.replace(run.Run{ID: "elsewhere", State: run.Running})
		synctest.Wait()
		if len(others.orders) != 1 || others.orders[0] != (store.Order{Kind: store.OrderReplace, RunID: "elsewhere"}) {
			t.Errorf("orders = %+v", others.orders)
		}
	})
	inBubble(t, "replace is not forgotten when the host that claimed it dies", func(t *testing.T) {
		b := setup(t, func(o *Options) { o.Neighbours = &ordered{} })
		b.executor.do = obey
		b.add(t, "a", func(j *Job) { j.Definition.Overlap = schedule.OverlapReplace })
		b.fire("a")
		time.Sleep(time.Minute)
		d := b.dueOf(due(0, "a")[0], b.jobs["a"])
		if _, err := b.store.Claim(t.Context(), store.Claim{HostID: "host-1", At: time.Now(), Due: []store.Due{d}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * SweepEvery)
		if !b.Replaceable() {
			t.Error("nothing is to be looked at")
		}
		if err := b.LookAfterWaiting(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if runs := b.runs(t); runs[1].Reason != run.ReasonReplaced || runs[0].State != run.Running {
			t.Errorf("runs = %+v", runs)
		}
	})
}

// ordered are neighbours that keep what they are asked for.
type ordered struct {
	fakeNeighbours
	orders []store.Order
}

func (o *ordered) Order(_ context.Context, order store.Order) error {
	o.orders = append(o.orders, order)
	return nil
}

func TestTimekeeper(t *testing.T) {
	t.Parallel()
	inBubble(t, "goes on after an outage of the store", func(t *testing.T) {
		var queue *brokenQueue
		b := setup(t, func(o *Options) { queue = &brokenQueue{Queue: o.Queue}; o.Queue = queue })
		b.executor.do = failing(1)
		b.add(t, "a", retries)
		b.fire("a")
		queue.broken.Store(true)
		time.Sleep(15 * time.Minute)
		queue.broken.Store(false)
		time.Sleep(maxWait)
		synctest.Wait()
		if r := b.only(t); r.State != run.Succeeded {
			t.Errorf("run = %+v", r)
		}
	})
	inBubble(t, "asks the store seldom while there is nothing to do", func(t *testing.T) {
		var queue *brokenQueue
		b := setup(t, func(o *Options) { queue = &brokenQueue{Queue: o.Queue}; o.Queue = queue })
		b.executor.do = failing(1)
		b.add(t, "a", func(j *Job) {
			retries(j)
			j.Definition.Retry.Backoff = 12 * time.Hour
			j.Definition.Retry.MaxBackoff = 0
		})
		b.fire("a")
		time.Sleep(11 * time.Hour)
		if asked, most := queue.asked.Load(), int32(12*time.Hour/maxNap); asked > most {
			t.Errorf("asked %d times, want at most %d", asked, most)
		}
	})
	inBubble(t, "finds what other hosts made wait, and what the clock brings", func(t *testing.T) {
		b := setup(t, func(o *Options) { o.Neighbours = fakeNeighbours{} })
		b.add(t, "a", nil)
		policy := store.Policy{MaxWait: time.Minute}
		made := run.Run{ID: newRunID(), ScheduleID: "a", Trigger: run.ByAPI, DueAt: time.Now(), CreatedAt: time.Now(), Action: "act", Plugin: "elsewhere"}
		if _, _, err := b.store.Trigger(t.Context(), store.Trigger{Run: made, HostID: "host-1", Policy: policy}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute + maxNap)
		synctest.Wait()
		if r := b.only(t); r.Reason != run.ReasonWaitedTooLong {
			t.Errorf("run = %+v", r)
		}
	})
}

// brokenQueue fails while it is broken, and counts what it is asked.
type brokenQueue struct {
	Queue
	broken atomic.Bool
	asked  atomic.Int32
}

func (q *brokenQueue) NextAt(ctx context.Context, at time.Time) (time.Time, error) {
	q.asked.Add(1)
	if q.broken.Load() {
		return time.Time{}, store.ErrUnavailable
	}
	return q.Queue.NextAt(ctx, at)
}

func (q *brokenQueue) Expire(ctx context.Context, hostID string, at time.Time) ([]run.Run, error) {
	if q.broken.Load() {
		return nil, store.ErrUnavailable
	}
	return q.Queue.Expire(ctx, hostID, at)
}

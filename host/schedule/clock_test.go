package schedule

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// startStepped starts an engine whose wall clock can be set.
func startStepped(t *testing.T) (e *Engine, r *recorder, step func(time.Duration)) {
	t.Helper()
	var offset atomic.Int64
	r = new(recorder)
	e = NewEngine(Options{Handle: r.handle})
	e.now = func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
	e.Start()
	t.Cleanup(e.Stop)
	return e, r, func(d time.Duration) { offset.Add(int64(d)) }
}

func TestEngineWhenTheClockIsSet(t *testing.T) {
	t.Parallel()

	t.Run("forward hands out all that was leapt over within half a minute", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			e, r, step := startStepped(t)
			e.Set("hour", parse(t, "0 * * * *", "UTC"), time.Now())
			e.Set("half", parse(t, "*/30 * * * *", "UTC"), time.Now())
			time.Sleep(time.Minute)
			step(2 * time.Hour)
			time.Sleep(maxSleep)
			r.want(t, "half@00:30:00 half@01:00:00 hour@01:00:00 half@01:30:00 half@02:00:00 hour@02:00:00")
		})
	})

	t.Run("forward a little is seen too", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			e, r, step := startStepped(t)
			e.Set("a", parse(t, "* * * * *", "UTC"), time.Now())
			time.Sleep(31 * time.Second)
			step(20 * time.Second)
			time.Sleep(29 * time.Second)
			r.want(t, "a@00:01:00")
		})
	})

	t.Run("back hands out nothing twice and goes on when the clock is there again", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			e, r, step := startStepped(t)
			e.Set("a", parse(t, "0 * * * *", "UTC"), time.Now())
			time.Sleep(3 * time.Hour)
			r.want(t, "a@01:00:00", "a@02:00:00", "a@03:00:00")
			step(-2 * time.Hour)
			time.Sleep(3*time.Hour - time.Nanosecond)
			r.want(t)
			time.Sleep(time.Nanosecond)
			r.want(t, "a@04:00:00")
		})
	})

	t.Run("back while Handle runs hands out nothing twice", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			e, r, step := startStepped(t)
			e.handle = func(due []Due) {
				r.handle(due)
				step(-90 * time.Second)
			}
			e.Set("a", parse(t, "* * * * *", "UTC"), time.Now())
			time.Sleep(10 * time.Minute)
			r.want(t, "a@00:01:00", "a@00:02:00", "a@00:03:00", "a@00:04:00")
		})
	})

	t.Run("a wake-up before the second has come hands out nothing early", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			e, r, step := startStepped(t)
			e.Set("a", parse(t, "30 * * * * *", "UTC"), time.Now())
			synctest.Wait()
			step(-5 * time.Millisecond) // as when the clock is slewed
			time.Sleep(30*time.Second + 4*time.Millisecond)
			r.want(t)
			time.Sleep(time.Millisecond)
			r.want(t, "a@00:00:30")
		})
	})
}

func TestEngineWhenHandleIsSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := new(recorder)
		e := NewEngine(Options{Handle: func(due []Due) {
			r.handle(due)
			time.Sleep(25 * time.Second)
		}})
		e.Set("a", parse(t, "*/10 * * * * *", "UTC"), time.Now())
		e.Start()
		defer e.Stop()
		time.Sleep(65 * time.Second)
		r.want(t, "a@00:00:10", "a@00:00:20 a@00:00:30", "a@00:00:40 a@00:00:50 a@00:01:00")
	})
}

func TestEngineBoundsABatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, r, step := startStepped(t)
		e.Set("a", parse(t, "* * * * * *", "UTC"), time.Now())
		step(25_000 * time.Second)
		time.Sleep(maxSleep)
		synctest.Wait()
		e.Stop()
		var sizes []int
		var all []Due
		for _, due := range r.calls {
			sizes = append(sizes, len(due))
			all = append(all, due...)
		}
		if len(sizes) < 3 || sizes[0] != maxBatch || sizes[1] != maxBatch || slices.Max(sizes) > maxBatch {
			t.Errorf("sizes of batches = %v, want two of %d and none above", sizes, maxBatch)
		}
		start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
		for i, d := range all {
			if want := start.Add(time.Duration(i+1) * time.Second); !d.At.Equal(want) {
				t.Fatalf("instant %d is %s, want %s", i, d.At, want)
			}
		}
		if want := 25_000 + int(maxSleep/time.Second); len(all) != want {
			t.Errorf("%d instants, want %d", len(all), want)
		}
	})
}

package schedule

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// recorder keeps the calls of Handle.
type recorder struct {
	mu    sync.Mutex
	calls [][]Due
}

func (r *recorder) handle(due []Due) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, due)
}

// lines returns each call as a line of "id@hh:mm:ss" and forgets them.
func (r *recorder) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lines []string
	for _, due := range r.calls {
		line := ""
		for _, d := range due {
			line += " " + d.ID + "@" + d.At.UTC().Format("15:04:05")
		}
		lines = append(lines, line[1:])
	}
	r.calls = nil
	return lines
}

func (r *recorder) want(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	if diff := cmp.Diff(want, r.lines()); diff != "" {
		t.Errorf("calls of Handle (-want +got):\n%s", diff)
	}
}

// startEngine starts an engine that records and is stopped when the test ends.
// It is for use in a bubble, where the clock starts at 2000-01-01T00:00:00Z.
func startEngine(t *testing.T) (*Engine, *recorder) {
	t.Helper()
	r := new(recorder)
	e := NewEngine(Options{Handle: r.handle})
	e.Start()
	t.Cleanup(e.Stop)
	return e, r
}

func TestEngineHandsOut(t *testing.T) {
	t.Parallel()
	bubble := func(name string, f func(t *testing.T, e *Engine, r *recorder)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e, r := startEngine(t)
				f(t, e, r)
			})
		})
	}

	bubble("each instant when it comes", func(t *testing.T, e *Engine, r *recorder) {
		e.Set("a", parse(t, "*/20 * * * * *", "UTC"), time.Now())
		time.Sleep(20*time.Second - time.Nanosecond)
		r.want(t)
		time.Sleep(time.Nanosecond)
		r.want(t, "a@00:00:20")
		time.Sleep(40 * time.Second)
		r.want(t, "a@00:00:40", "a@00:01:00")
	})

	bubble("one batch for one instant, in the order of ids", func(t *testing.T, e *Engine, r *recorder) {
		s := parse(t, "* * * * *", "UTC")
		for _, id := range []string{"c", "a", "d", "b"} {
			e.Set(id, s, time.Now())
		}
		time.Sleep(time.Minute)
		r.want(t, "a@00:01:00 b@00:01:00 c@00:01:00 d@00:01:00")
	})

	bubble("instants of different zones in the order of time", func(t *testing.T, e *Engine, r *recorder) {
		e.Set("london", parse(t, "0 9 * * *", "Europe/London"), time.Now())
		e.Set("tokyo", parse(t, "0 12 * * *", "Asia/Tokyo"), time.Now())
		time.Sleep(24 * time.Hour)
		r.want(t, "tokyo@03:00:00", "london@09:00:00")
	})

	bubble("an earlier schedule that is added while it sleeps", func(t *testing.T, e *Engine, r *recorder) {
		e.Set("late", parse(t, "0 12 * * *", "UTC"), time.Now())
		time.Sleep(time.Second)
		e.Set("early", parse(t, "5 * * * * *", "UTC"), time.Now())
		time.Sleep(4 * time.Second)
		r.want(t, "early@00:00:05")
	})

	bubble("what had passed before it was added, oldest first", func(t *testing.T, e *Engine, r *recorder) {
		e.Set("a", parse(t, "*/10 * * * * *", "UTC"), time.Now().Add(-30*time.Second))
		r.want(t, "a@23:59:40 a@23:59:50 a@00:00:00")
	})

	bubble("nothing of a removed schedule", func(t *testing.T, e *Engine, r *recorder) {
		e.Set("a", parse(t, "* * * * *", "UTC"), time.Now())
		e.Set("b", parse(t, "* * * * *", "UTC"), time.Now())
		e.Remove("a")
		e.Remove("never added")
		time.Sleep(time.Minute)
		r.want(t, "b@00:01:00")
		e.Remove("b")
		time.Sleep(time.Hour)
		r.want(t)
	})

	bubble("the new instants of a replaced schedule only", func(t *testing.T, e *Engine, r *recorder) {
		e.Set("a", parse(t, "30 * * * * *", "UTC"), time.Now())
		e.Set("a", parse(t, "40 * * * * *", "UTC"), time.Now())
		time.Sleep(time.Minute)
		r.want(t, "a@00:00:40")
	})

	bubble("the instants in the new zone of a replaced schedule", func(t *testing.T, e *Engine, r *recorder) {
		e.Set("a", parse(t, "0 12 * * *", "UTC"), time.Now())
		e.Set("a", parse(t, "0 12 * * *", "Asia/Tokyo"), time.Now())
		time.Sleep(24 * time.Hour)
		r.want(t, "a@03:00:00")
	})

	bubble("the next instant of a schedule that is set again as it was", func(t *testing.T, e *Engine, r *recorder) {
		e.Set("a", parse(t, "* * * * *", "UTC"), time.Now())
		time.Sleep(30 * time.Second)
		e.Set("a", parse(t, "* * * * *", "UTC"), time.Now().Add(time.Hour))
		time.Sleep(30 * time.Second)
		r.want(t, "a@00:01:00")
	})

	bubble("nothing of a schedule after the year 9999", func(t *testing.T, e *Engine, r *recorder) {
		e.Set("a", parse(t, "* * * * *", "UTC"), time.Date(9999, 12, 31, 23, 59, 0, 0, time.UTC))
		time.Sleep(time.Hour)
		r.want(t)
		if at, ok := e.Next("a"); ok || e.Len() != 1 {
			t.Errorf("Next = %v, %v with Len %d, want none and 1", at, ok, e.Len())
		}
	})
}

func TestEngineAnswers(t *testing.T) {
	t.Parallel()
	e := NewEngine(Options{Handle: func([]Due) {}})
	from := time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)
	e.Set("a", parse(t, "30 2 * * *", "Europe/Stockholm"), from)

	t.Run("the next instant in the zone of the schedule", func(t *testing.T) {
		t.Parallel()
		got, ok := e.Next("a")
		if want := "2026-03-29T03:00:00+02:00"; !ok || got.Format(time.RFC3339) != want {
			t.Errorf("Next = %s, %v, want %s", got.Format(time.RFC3339), ok, want)
		}
	})
	t.Run("false for an unknown schedule", func(t *testing.T) {
		t.Parallel()
		if at, ok := e.Next("b"); ok || !at.IsZero() {
			t.Errorf("Next = %v, %v, want none", at, ok)
		}
	})
	t.Run("the number of schedules", func(t *testing.T) {
		t.Parallel()
		if e.Len() != 1 {
			t.Errorf("Len = %d, want 1", e.Len())
		}
	})
}

func TestHandleMayUseTheEngine(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T, during func(e *Engine)) (*Engine, *recorder) {
		r := new(recorder)
		var e *Engine
		first := sync.OnceFunc(func() { during(e) })
		e = NewEngine(Options{Handle: func(due []Due) {
			r.handle(due)
			first()
		}})
		e.Set("a", parse(t, "*/10 * * * * *", "UTC"), time.Now())
		e.Start()
		t.Cleanup(e.Stop)
		return e, r
	}

	t.Run("to remove the schedule it handles", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			e, r := setup(t, func(e *Engine) { e.Remove("a") })
			time.Sleep(time.Minute)
			r.want(t, "a@00:00:10")
			if e.Len() != 0 {
				t.Errorf("Len = %d, want 0", e.Len())
			}
		})
	})
	t.Run("to replace the schedule it handles", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := parse(t, "15 * * * * *", "UTC")
			_, r := setup(t, func(e *Engine) { e.Set("a", s, time.Now()) })
			time.Sleep(time.Minute)
			r.want(t, "a@00:00:10", "a@00:00:15")
		})
	})
	t.Run("to remove and add the schedule it handles", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := parse(t, "*/10 * * * * *", "UTC")
			_, r := setup(t, func(e *Engine) {
				e.Remove("a")
				e.Set("a", s, time.Now())
			})
			time.Sleep(30 * time.Second)
			r.want(t, "a@00:00:10", "a@00:00:20", "a@00:00:30")
		})
	})
	t.Run("to set the schedule it handles as it was", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := parse(t, "*/10 * * * * *", "UTC")
			_, r := setup(t, func(e *Engine) { e.Set("a", s, time.Now().Add(-time.Hour)) })
			time.Sleep(20 * time.Second)
			r.want(t, "a@00:00:10", "a@00:00:20")
		})
	})
	t.Run("to ask for the instant after the one it handles", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var got time.Time
			setup(t, func(e *Engine) { got, _ = e.Next("a") })
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if want := "00:00:20"; got.Format(time.TimeOnly) != want {
				t.Errorf("Next = %s, want %s", got, want)
			}
		})
	})
}

func TestEngineStops(t *testing.T) {
	t.Parallel()

	t.Run("after the Handle call that is running", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ended := false
			e := NewEngine(Options{Handle: func([]Due) {
				time.Sleep(5 * time.Second)
				ended = true
			}})
			e.Set("a", parse(t, "0 * * * * *", "UTC"), time.Now())
			e.Start()
			time.Sleep(61 * time.Second)
			e.Stop()
			if !ended {
				t.Error("Stop returned while Handle was running")
			}
		})
	})

	t.Run("and starts again where it was", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			e, r := startEngine(t)
			e.Set("a", parse(t, "* * * * *", "UTC"), time.Now())
			time.Sleep(time.Minute)
			r.want(t, "a@00:01:00")
			e.Stop()
			time.Sleep(2 * time.Minute)
			r.want(t)
			e.Start()
			r.want(t, "a@00:02:00 a@00:03:00")
			time.Sleep(time.Minute)
			r.want(t, "a@00:04:00")
		})
	})

	t.Run("as often as asked, from several sides", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			e, r := startEngine(t)
			e.Set("a", parse(t, "* * * * *", "UTC"), time.Now())
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() { e.Start(); e.Stop(); e.Stop(); e.Start(); e.Start() })
			}
			wg.Wait()
			e.Start()
			time.Sleep(time.Minute)
			r.want(t, "a@00:01:00")
			e.Stop()
			e.Stop()
		})
	})

	t.Run("without ever having started", func(t *testing.T) {
		t.Parallel()
		NewEngine(Options{}).Stop()
	})
}

func TestEngineIsUsedFromManySides(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, r := startEngine(t)
		cache := NewCache()
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for i := range 200 {
					id := fmt.Sprintf("%d-%d", g, i%20)
					s, err := cache.Get(Timing{Cron: fmt.Sprintf("%d * * * * *", i%60), Timezone: "Europe/London"})
					if err != nil {
						t.Error(err)
						return
					}
					e.Set(id, s, time.Now())
					e.Next(id)
					time.Sleep(time.Duration(g*i) * time.Millisecond)
					if i%3 == 0 {
						e.Remove(id)
					}
					e.Len()
				}
			})
		}
		wg.Wait()
		r.lines()
		left := e.Len()
		time.Sleep(time.Minute)
		synctest.Wait()
		seen := 0
		for _, due := range r.calls {
			seen += len(due)
		}
		if left == 0 || seen != left {
			t.Errorf("%d firings within a minute of %d schedules that fire each minute", seen, left)
		}
	})
}

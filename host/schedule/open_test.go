package schedule

import (
	"testing"
	"testing/synctest"
	"time"
)

// wantOpen checks which instant of a schedule is the first that is open.
func wantOpen(t *testing.T, e *Engine, id, want string) {
	t.Helper()
	synctest.Wait()
	if at, ok := e.Open(id); !ok || at.Format("15:04:05") != want {
		t.Errorf("Open = %s, %v, want %s", at.Format("15:04:05"), ok, want)
	}
}

func TestOpenInstants(t *testing.T) {
	t.Parallel()
	const each10 = "*/10 * * * * *"
	bubble := func(name string, f func(t *testing.T, e *Engine, done chan struct{})) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				done := make(chan struct{})
				e := NewEngine(Options{Handle: func([]Due) { <-done }})
				e.Set("a", parse(t, each10, "UTC"), time.Now())
				e.Start()
				defer e.Stop()
				f(t, e, done)
			})
		})
	}
	bubble("are those that Handle has not returned from", func(t *testing.T, e *Engine, done chan struct{}) {
		wantOpen(t, e, "a", "00:00:10")
		time.Sleep(35 * time.Second)
		wantOpen(t, e, "a", "00:00:10")
		done <- struct{}{}
		wantOpen(t, e, "a", "00:00:20") // it was given two at once
		if next, _ := e.Next("a"); next.Format("15:04:05") != "00:00:40" {
			t.Errorf("Next = %s", next)
		}
		done <- struct{}{}
		wantOpen(t, e, "a", "00:00:40")
	})
	bubble("are new ones when the schedule is another", func(t *testing.T, e *Engine, done chan struct{}) {
		time.Sleep(15 * time.Second)
		e.Set("a", parse(t, each10, "UTC"), time.Now())
		wantOpen(t, e, "a", "00:00:10") // it is the same one
		e.Set("a", parse(t, "15 * * * * *", "UTC"), time.Now())
		wantOpen(t, e, "a", "00:01:15")
		e.Remove("a")
		if at, ok := e.Open("a"); ok {
			t.Errorf("Open = %s of a schedule that was removed", at)
		}
		close(done)
	})
	bubble("are those too that Handle gave up as the engine was halted", func(t *testing.T, e *Engine, done chan struct{}) {
		time.Sleep(15 * time.Second)
		e.Halt()
		close(done)
		time.Sleep(time.Minute)
		wantOpen(t, e, "a", "00:00:10")
		e.Stop()
		wantOpen(t, e, "a", "00:00:10")
		e.Start()
		time.Sleep(time.Second)
		wantOpen(t, e, "a", "00:01:20")
	})
}

package sdk

import (
	"testing"
	"testing/synctest"
	"time"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

func TestALeaseRunsByTheClockThatWentFurther(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	l := lease{lasts: 10 * time.Second, from: moment{noon, noon}}
	tests := map[string]struct {
		running, wall, left time.Duration // running and wall: since noon
	}{
		"both go alike":                 {4 * time.Second, 4 * time.Second, 6 * time.Second},
		"the machine was suspended":     {4 * time.Second, time.Hour, 10*time.Second - time.Hour},
		"the wall's clock was set back": {4 * time.Second, -time.Hour, 6 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := l.left(moment{noon.Add(tt.running), noon.Add(tt.wall)}); got != tt.left {
				t.Errorf("left = %s, want %s", got, tt.left)
			}
		})
	}
}

func TestTheGraceOfALeaseIsATenthWithinBounds(t *testing.T) {
	t.Parallel()
	for lasts, want := range map[time.Duration]time.Duration{
		1:               100 * time.Millisecond,
		2 * time.Second: 200 * time.Millisecond,
		time.Hour:       5 * time.Second,
	} {
		if got := (lease{lasts: lasts}).grace(); got != want {
			t.Errorf("grace of %s = %s, want %s", lasts, got, want)
		}
	}
}

func TestAProcessEndsWhenAttemptsOutliveTheLease(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		ends    time.Duration // of the attempt, after its context
		renewed bool          // in the grace
		exit    bool
	}{
		"not when they end in the grace":          {900 * time.Millisecond, false, false},
		"when they do not":                        {time.Hour, false, true},
		"also when the lease was renewed since":   {time.Hour, true, true},
		"not when they end and it is renewed too": {900 * time.Millisecond, true, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var exits []string
				began := time.Now()
				a := attempts{exit: func(why string) { exits = append(exits, time.Since(began).String()+": "+why) }}
				a.renew(10 * time.Second)
				ctx, x, err := a.begin(t.Context(), &actionv1.Run{Id: "r"})
				if err != nil {
					t.Fatal(err)
				}
				<-ctx.Done()
				time.AfterFunc(tt.ends, func() { a.end(x) })
				time.Sleep(500 * time.Millisecond)
				if tt.renewed {
					a.renew(time.Hour)
				}
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if (len(exits) == 1) != tt.exit {
					t.Fatalf("exits = %q", exits)
				}
				want := "11s: the host's lease has run out, and 1 attempt(s) did not end within 1s of it"
				if tt.exit && exits[0] != want {
					t.Errorf("exit = %q, want %q", exits[0], want)
				}
			})
		})
	}
}

func TestAnAttemptThatHasReturnedIsNotHeldAgainstTheLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := attempts{exit: func(why string) { t.Errorf("the process ended: %s", why) }}
		a.renew(time.Second)
		early, x, _ := a.begin(t.Context(), &actionv1.Run{Id: "early"})
		late, y, _ := a.begin(t.Context(), &actionv1.Run{Id: "late"})
		a.returned(x) // and its result cannot be sent: the host is paused
		<-late.Done()
		a.returned(y)
		if early.Err() != nil {
			t.Error("an attempt that had returned was cancelled")
		}
		time.Sleep(time.Minute)
		a.renew(time.Hour)
		if _, _, err := a.begin(t.Context(), &actionv1.Run{Id: "late"}); err != nil {
			t.Errorf("the next attempt: %v", err)
		}
		a.end(y)
		if !a.cancel(attemptKey{run: "late"}, "") {
			t.Error("the end of the former attempt hides the next one")
		}
	})
}

package schedule

import (
	"math"
	"testing"
	"time"
)

func TestRetryWaits(t *testing.T) {
	t.Parallel()
	r := &Retry{Backoff: 10 * time.Second, MaxBackoff: time.Minute, On: []RetryOn{RetryFailed}}
	for attempt, want := range map[int]time.Duration{1: 10, 2: 20, 3: 40, 4: 60, 1000: 60} {
		if got := r.Wait(attempt); got != want*time.Second {
			t.Errorf("Wait(%d) = %s, want %ds", attempt, got, want)
		}
	}
	if got := (&Retry{Backoff: time.Hour}).Wait(math.MaxInt); got != math.MaxInt64 {
		t.Errorf("without a limit: %s", got)
	}
	if r.Covers(RetryLost) || !r.Covers(RetryFailed) || (*Retry)(nil).Covers(RetryFailed) || (*Retry)(nil).Wait(1) != 0 {
		t.Error("Covers what it should not")
	}
}

// TestCatchUpDecides compares with the whole list of what an outage kept from running.
func TestCatchUpDecides(t *testing.T) {
	t.Parallel()
	s := parse(t, "0 * * * *", "UTC")
	now := time.Date(2026, 1, 1, 12, 30, 0, 0, time.UTC)
	due := firingsOf(s, now.Add(-10*time.Hour), now) // 03:00 to 12:00
	for name, test := range map[string]struct {
		policy *CatchUp
		want   map[Decision]int
	}{
		"nothing":         {nil, map[Decision]int{NotAtAll: 10}},
		"none":            {&CatchUp{Mode: CatchUpNone, Within: time.Hour, Limit: 5}, map[Decision]int{NotAtAll: 10}},
		"the last":        {&CatchUp{Mode: CatchUpLast, Within: 24 * time.Hour, Limit: 7}, map[Decision]int{CaughtUp: 1, TooMany: 9}},
		"the last, late":  {&CatchUp{Mode: CatchUpLast, Within: time.Minute}, map[Decision]int{TooOld: 10}},
		"some":            {&CatchUp{Mode: CatchUpAll, Within: 24 * time.Hour, Limit: 4}, map[Decision]int{CaughtUp: 4, TooMany: 6}},
		"all within some": {&CatchUp{Mode: CatchUpAll, Within: 150 * time.Minute, Limit: 100}, map[Decision]int{CaughtUp: 3, TooOld: 7}},
	} {
		got := map[Decision]int{}
		for _, at := range due {
			got[test.policy.Decide(s, at, now)]++
		}
		for d, n := range test.want {
			if got[d] != n {
				t.Errorf("%s: %v, want %v", name, got, test.want)
			}
		}
	}
}

// TestCatchUpDecider compares with the decisions one by one, also where instants are
// left out.
func TestCatchUpDecider(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 12, 30, 0, 0, time.UTC)
	for _, cron := range []string{"*/7 * * * * *", "0 * * * *", "0 0 1 1 *"} {
		s := parse(t, cron, "UTC")
		due := firingsOf(s, now.Add(-10*time.Hour), now)
		for _, c := range []*CatchUp{
			nil, {Mode: CatchUpLast, Within: time.Hour, Limit: 3}, {Mode: CatchUpAll, Within: time.Hour, Limit: 0},
			{Mode: CatchUpAll, Within: 24 * time.Hour, Limit: 4}, {Mode: CatchUpAll, Within: 20 * time.Minute, Limit: 100},
		} {
			for _, step := range []int{1, 3} {
				decide := c.Decider(s, now)
				for i := 0; i < len(due); i += step {
					if got, want := decide(due[i]), c.Decide(s, due[i], now); got != want {
						t.Fatalf("%s, %+v: at %s %s, want %s", cron, c, due[i], got, want)
					}
				}
			}
		}
	}
	t.Run("for a day of seconds", func(t *testing.T) { // one by one this takes half a minute
		t.Parallel()
		s, caught := parse(t, "* * * * * *", "UTC"), 0
		decide := (&CatchUp{Mode: CatchUpAll, Within: 24 * time.Hour, Limit: 1000}).Decider(s, now)
		for _, at := range firingsOf(s, now.Add(-24*time.Hour), now) {
			if decide(at) == CaughtUp {
				caught++
			}
		}
		if caught != 1000 {
			t.Errorf("%d are caught up, want 1000", caught)
		}
	})
}

// knownDelay is what sha256sum and bc say.
const knownDelay = 246

// TestDelay has a value that was computed with sha256sum.
func TestDelay(t *testing.T) {
	t.Parallel()
	s := compiled(t, Timing{Cron: "0 2 * * *", Timezone: "UTC", More: &More{Jitter: 10 * time.Minute}})
	at := time.Date(2026, 12, 24, 2, 0, 0, 0, time.UTC)
	if got := s.Delay("nightly", at); got != knownDelay*time.Second {
		t.Errorf("Delay = %s, want %ds", got, knownDelay)
	}
	seen := map[time.Duration]bool{}
	for range 20_000 {
		at = s.Next(at)
		if at.IsZero() {
			break
		}
		d := s.Delay("nightly", at)
		if d < 0 || d > 10*time.Minute || d%time.Second != 0 {
			t.Fatalf("Delay(%s) = %s", at, d)
		}
		seen[d] = true
	}
	if len(seen) != 601 {
		t.Errorf("%d different delays, want 601", len(seen))
	}
}

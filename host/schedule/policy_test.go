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

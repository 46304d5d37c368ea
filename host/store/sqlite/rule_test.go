package sqlite

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func TestRule(t *testing.T) {
	t.Parallel()
	skip := func(why run.Reason) store.Claimed {
		return store.Claimed{Won: true, Outcome: run.Skipped, Reason: why}
	}
	started := fact{version: 1, inForce: true}
	busy := fact{version: 1, inForce: true, open: true}
	for name, tt := range map[string]struct {
		due  store.Due
		fact fact
		want store.Claimed
	}{
		"settled comes before all":  {store.Due{Missed: run.ReasonLate}, fact{settled: true, version: 1}, store.Claimed{}},
		"not owed comes before all": {store.Due{Missed: run.ReasonLate}, fact{inForce: true}, store.Claimed{}},
		"missed comes before stopped": {store.Due{Missed: run.ReasonLate}, fact{version: 1, open: true},
			store.Claimed{Won: true, Outcome: run.Missed, Reason: run.ReasonLate}},
		"stopped comes before overlap": {store.Due{Overlap: schedule.OverlapSkip}, fact{version: 1, open: true}, skip(run.ReasonStopped)},
		"overlap skips":                {store.Due{Overlap: schedule.OverlapSkip}, busy, skip(run.ReasonOverlap)},
		"overlap is allowed": {store.Due{Overlap: schedule.OverlapAllow, Start: true}, busy,
			store.Claimed{Won: true, Outcome: run.Ran, State: run.Running}},
		"a run starts": {store.Due{Start: true}, started, store.Claimed{Won: true, Outcome: run.Ran, State: run.Running}},
		"a run waits":  {store.Due{}, started, store.Claimed{Won: true, Outcome: run.Ran, State: run.Waiting}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, rule(tt.due, tt.fact)); diff != "" {
				t.Errorf("rule() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTimesComeBack(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]time.Time{
		"zero":             {},
		"before 1970":      time.Date(1931, 5, 6, 7, 8, 9, 123000, time.UTC),
		"the epoch":        time.Unix(0, 0).UTC(),
		"the year 9999":    time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC),
		"to a microsecond": time.Date(2026, 1, 1, 0, 0, 0, 1000, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := stored(at); got != at {
				t.Errorf("%v comes back as %v", at, got)
			}
			if isNull := microsOrNull(at) == nil; isNull != at.IsZero() {
				t.Errorf("%v is stored as NULL: %v", at, isNull)
			}
		})
	}
}

package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/run"
	"butlerd/host/schedule"
)

func TestRule(t *testing.T) {
	t.Parallel()
	skip := func(why run.Reason) Claimed {
		return Claimed{Won: true, Outcome: run.Skipped, Reason: why}
	}
	started := Fact{Version: 1, InForce: true}
	busy := Fact{Version: 1, InForce: true, Open: true}
	for name, tt := range map[string]struct {
		due  Due
		fact Fact
		want Claimed
	}{
		"settled comes before all":  {Due{Missed: run.ReasonLate}, Fact{Settled: true, Version: 1}, Claimed{}},
		"settled by the same run":   {Due{RunID: "r", Start: true, Missed: run.ReasonLate}, Fact{Settled: true, RunID: "r"}, Claimed{Won: true, Outcome: run.Ran, State: run.Running}},
		"settled by another run":    {Due{RunID: "r", Start: true}, Fact{Settled: true, RunID: "q", Version: 1, InForce: true}, Claimed{}},
		"not owed comes before all": {Due{Missed: run.ReasonLate}, Fact{InForce: true}, Claimed{}},
		"missed comes before stopped": {Due{Missed: run.ReasonLate}, Fact{Version: 1, Open: true},
			Claimed{Won: true, Outcome: run.Missed, Reason: run.ReasonLate}},
		"stopped comes before overlap": {Due{Overlap: schedule.OverlapSkip}, Fact{Version: 1, Open: true}, skip(run.ReasonStopped)},
		"overlap skips":                {Due{Overlap: schedule.OverlapSkip}, busy, skip(run.ReasonOverlap)},
		"overlap is allowed": {Due{Overlap: schedule.OverlapAllow, Start: true}, busy,
			Claimed{Won: true, Outcome: run.Ran, State: run.Running}},
		"a run starts": {Due{Start: true}, started, Claimed{Won: true, Outcome: run.Ran, State: run.Running}},
		"a run waits":  {Due{}, started, Claimed{Won: true, Outcome: run.Ran, State: run.Waiting}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, rule(tt.due, tt.fact)); diff != "" {
				t.Errorf("rule() (-want +got):\n%s", diff)
			}
		})
	}
}

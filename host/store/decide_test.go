package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/run"
	"butlerd/host/schedule"
)

func TestRule(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	skip := func(why run.Reason) Claimed {
		return Claimed{Won: true, Outcome: run.Skipped, Reason: why}
	}
	over := func(o schedule.Overlap) Policy { return Policy{Overlap: o} }
	started := Fact{Version: 1, InForce: true}
	busy := Fact{Version: 1, InForce: true, Open: true}
	held := Fact{Version: 1, InForce: true, Open: true, HoldID: "h"}
	runs, waits := run.Run{ID: "a", State: run.Running, Attempts: 1}, run.Run{ID: "b", State: run.Waiting}
	retries := run.Run{ID: "c", State: run.Waiting, Attempts: 1}
	busyWith := func(open ...run.Run) Fact { return Fact{Version: 1, InForce: true, Open: true, Runs: open} }
	ended := func(r run.Run) run.Run {
		r.State, r.Reason, r.EndedAt = run.Cancelled, run.ReasonReplaced, at
		return r
	}
	own := func(r run.Run, open ...run.Run) Fact {
		r.ID = "r"
		return Fact{Settled: true, RunID: "r", Own: &r, Open: true, Runs: open}
	}
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
		"missed comes before held":    {Due{Missed: run.ReasonLate}, held, Claimed{Won: true, Outcome: run.Missed, Reason: run.ReasonLate}},
		"stopped comes before held":   {Due{}, Fact{Version: 1, HoldID: "h"}, skip(run.ReasonStopped)},
		"held comes before overlap":   {Due{Policy: over(schedule.OverlapSkip)}, held, Claimed{Won: true, Outcome: run.Skipped, Reason: run.ReasonHeld, HoldID: "h"}},
		"overlap skips":               {Due{Policy: over(schedule.OverlapSkip)}, busy, skip(run.ReasonOverlap)},
		"overlap is allowed":          {Due{Policy: over(schedule.OverlapAllow), Start: true}, busy, ran(true)},
		"a run starts":                {Due{Start: true}, started, ran(true)},
		"a run waits if it drains":    {Due{Start: true}, Fact{Version: 1, InForce: true, Drains: true}, ran(false)},
		"a run waits":                 {Due{}, started, ran(false)},
		"a run waits for its pool":    {Due{Start: true, Policy: Policy{Pool: "p"}}, started, ran(false)},
		"the first of a queue runs":   {Due{Start: true, Policy: over(schedule.OverlapQueue)}, started, ran(true)},
		"the second of a queue":       {Due{Start: true, Policy: over(schedule.OverlapQueue)}, busyWith(runs), ran(false)},
		"the third of a queue":        {Due{Start: true, Policy: over(schedule.OverlapQueue)}, busyWith(runs, waits), skip(run.ReasonQueue)},
		"a retry is not in a queue":   {Due{Start: true, Policy: over(schedule.OverlapQueue)}, busyWith(runs, retries), ran(false)},
		"a longer queue":              {Due{Policy: Policy{Overlap: schedule.OverlapQueue, QueueLimit: 2}}, busyWith(waits), ran(false)},
		"a longer queue that is full": {Due{Policy: Policy{Overlap: schedule.OverlapQueue, QueueLimit: 2}}, busyWith(waits, waits), skip(run.ReasonQueue)},
		"the first to replace runs":   {Due{Start: true, Policy: over(schedule.OverlapReplace)}, started, ran(true)},
		"the second to replace waits": {Due{Start: true, Policy: over(schedule.OverlapReplace)}, busyWith(runs, waits, retries),
			Claimed{Won: true, Outcome: run.Ran, State: run.Waiting, Replaces: []run.Run{runs, ended(waits), ended(retries)}}},
		"again in a pool":         {Due{RunID: "r", Start: true, Policy: Policy{Pool: "p"}}, own(runs), ran(false)},
		"again, though it drains": {Due{RunID: "r", Start: true}, Fact{Settled: true, RunID: "r", Drains: true, Own: &run.Run{StartedAt: at, CreatedAt: at}}, ran(true)},
		"again, having drained":   {Due{RunID: "r", Start: true}, own(run.Run{CreatedAt: at}), ran(false)},
		"again, started at once":  {Due{RunID: "r", Start: true, Policy: over(schedule.OverlapReplace)}, own(run.Run{StartedAt: at, CreatedAt: at}, runs), ran(true)},
		"again, started later on": {Due{RunID: "r", Start: true, Policy: over(schedule.OverlapQueue)}, own(run.Run{StartedAt: at.Add(1), CreatedAt: at}), ran(false)},
		"again, and still replacing": {Due{RunID: "r", Start: true, Policy: over(schedule.OverlapReplace)},
			own(run.Run{CreatedAt: at}, run.Run{ID: "r"}, waits, runs, run.Run{ID: "later", State: run.Running, CreatedAt: at.Add(1)}),
			Claimed{Won: true, Outcome: run.Ran, State: run.Waiting, Replaces: []run.Run{runs}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, rule(Claim{At: at}, tt.due, tt.fact)); diff != "" {
				t.Errorf("rule() (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDecideOneAfterAnother decides several firings of one schedule.
func TestDecideOneAfterAnother(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	fact := Fact{Version: 1, InForce: true}
	open := Fact{Version: 1, InForce: true, Open: true, Runs: []run.Run{{ID: "old", State: run.Waiting}}}
	for name, tt := range map[string]struct {
		overlap schedule.Overlap
		fact    Fact
		want    []string // reason, or state, and what is replaced
	}{
		"skip":              {schedule.OverlapSkip, fact, []string{"running", "overlap", "overlap"}},
		"allow":             {schedule.OverlapAllow, fact, []string{"running", "running", "running"}},
		"queue":             {schedule.OverlapQueue, fact, []string{"running", "waiting", "queue_full"}},
		"queue, and open":   {schedule.OverlapQueue, open, []string{"queue_full", "queue_full", "queue_full"}},
		"replace":           {schedule.OverlapReplace, fact, []string{"running", "waiting a=running", "waiting a=running b=cancelled"}},
		"replace, and open": {schedule.OverlapReplace, open, []string{"waiting old=cancelled", "waiting a=cancelled", "waiting b=cancelled"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := Claim{At: at}
			for i, id := range []string{"a", "b", "c"} {
				c.Due = append(c.Due, Due{
					ScheduleID: "s", DueAt: at.Add(time.Duration(i) * time.Second), RunID: id, Start: true, Policy: Policy{Overlap: tt.overlap},
				})
			}
			var got []string
			for _, what := range Decide(c, []Fact{tt.fact, tt.fact, tt.fact}) {
				text := string(what.Reason) + string(what.State)
				for _, r := range what.Replaces {
					text += " " + r.ID + "=" + string(r.State)
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Decide() (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDecideListsRunsWhereTheyAreNeeded decides the firings that a schedule which may
// overlap itself owes after an outage: none of them looks at those before it.
func TestDecideListsRunsWhereTheyAreNeeded(t *testing.T) {
	t.Parallel()
	o := (&opened{}).with(run.Run{ID: "a"}, nil)
	for overlap, want := range map[schedule.Overlap]int{
		schedule.OverlapAllow: 0, schedule.OverlapSkip: 0, schedule.OverlapQueue: 1, schedule.OverlapReplace: 1,
	} {
		var f Fact
		o.add(&f, overlap)
		if !f.Open || len(f.Runs) != want {
			t.Errorf("with %s it is open: %t, with %d runs", overlap, f.Open, len(f.Runs))
		}
	}
}

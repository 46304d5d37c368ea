package storetest

import (
	"encoding/json"
	"fmt"
	"strings"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func ruleCases() []Case {
	return []Case{
		{Name: "a firing that is settled is not won", test: settledIsNotWon},
		{Name: "a firing that is missed is recorded as missed", test: missedIsMissed},
		{Name: "a firing of a version not in force any more skips", test: notInForceSkips},
		{Name: "a firing that no version owes is not won", test: notOwedIsNotWon},
		{Name: "a deep definition is claimed like any other", test: deepIsClaimed},
		{Name: "a firing is owed by the whole timing of its schedule", test: owedByTiming},
		{Name: "an open run skips where the overlap policy says so", test: openRunSkips},
		{Name: "an open run skips a later firing of the same claim", test: openRunSkipsInOne},
		{Name: "an open run skips a firing of a later chunk", test: openRunSkipsLaterChunk},
		{Name: "a firing belongs to the version in force when it was due", test: versionOfFiring},
	}
}

func settledIsNotWon(f *fixture) {
	f.create("s", "stopped")
	f.change(remove("stopped", minute(1)))
	late := due("s", 2)
	late.Missed = run.ReasonLate
	f.claim(2, due("s", 1), late, due("stopped", 1))
	before := f.dump()
	late.Missed, late.RunID = "", "another"
	again := due("s", 1)
	again.Missed = run.ReasonHostDown
	equal(f, "the answers", f.claim(2, anew(again, late, due("stopped", 1))...), make([]store.Claimed, 3))
	equal(f, "the ledger", f.dump(), before)
}

func missedIsMissed(f *fixture) {
	f.create("s", "stopped")
	s := a("stopped")
	s.Started = false
	f.change(update(s, minute(1)))
	f.claim(0, due("s", 0)) // is open
	asked := []store.Due{due("s", 1), due("stopped", 1)}
	for i := range asked {
		asked[i].Missed = run.ReasonLate
	}
	equal(f, "the answers", f.claim(2, asked...), []store.Claimed{missed(run.ReasonLate), missed(run.ReasonLate)})
	equal(f, "the firing", f.firings("stopped"), []run.Firing{{
		ScheduleID: "stopped", DueAt: minute(1), Outcome: run.Missed, Reason: run.ReasonLate, Version: 1, SettledAt: minute(2),
	}})
	equal(f, "the state of the run", f.state(runID("s", 1)), "none")
}

func notInForceSkips(f *fixture) {
	f.create("deleted", "stopped", "changed", "running")
	stopped, changed := a("stopped"), a("changed")
	stopped.Started = false
	changed.Cron = "@daily"
	f.change(remove("deleted", minute(1)), update(stopped, minute(1)), update(changed, minute(1)))
	got := f.claim(10, due("deleted", 1), due("stopped", 1), due("changed", 1), due("running", 1))
	stop := skipped(run.ReasonStopped)
	equal(f, "the answers", got, []store.Claimed{stop, stop, stop, ran(run.Running)})
	equal(f, "the firing", f.firings("stopped"), []run.Firing{{
		ScheduleID: "stopped", DueAt: minute(1), Outcome: run.Skipped, Reason: run.ReasonStopped, Version: 1, SettledAt: minute(10),
	}})
	equal(f, "the state of the run", f.state(runID("stopped", 1)), "none")
}

func notOwedIsNotWon(f *fixture) {
	f.create("deleted", "stopped", "changed")
	stopped, changed := a("stopped"), a("changed")
	stopped.Started = false
	changed.Timezone = "Europe/Paris"
	f.change(remove("deleted", minute(1)), update(stopped, minute(1)), update(changed, minute(1)), create(a("late"), minute(9)))
	f.change(update(a("stopped"), minute(5)))
	another := due("late", 10)
	another.Cron = "@daily"
	late := due("deleted", 2)
	late.Missed = run.ReasonLate
	f.claim(10) // moves what is settled
	before := f.dump()
	asked := []store.Due{
		late, due("stopped", 2), due("stopped", 5), due("changed", 2), due("absent", 2), due("late", 8), due("late", 9), another,
	}
	equal(f, "the answers", f.claim(10, asked...), make([]store.Claimed, len(asked)))
	equal(f, "the ledger", f.dump(), before)
	equal(f, "the answers of versions in force", f.claim(10, due("stopped", 6), due("late", 10)),
		[]store.Claimed{ran(run.Running), ran(run.Running)})
}

func deepIsClaimed(f *fixture) {
	deep := a("deep")
	deep.Extra = map[string]json.RawMessage{"x": json.RawMessage(strings.Repeat("[", 5000) + strings.Repeat("]", 5000))}
	f.change(create(deep, minute(-5)))
	equal(f, "the answer", f.claim(1, due("deep", 1)), []store.Claimed{ran(run.Running)})
}

func openRunSkips(f *fixture) {
	ended := []run.State{run.Succeeded, run.Failed, run.TimedOut, run.Cancelled, run.Lost}
	for i, state := range ended {
		s := fmt.Sprint("s", i)
		f.create(s)
		allowed := waiting(s, 2)
		allowed.Overlap = schedule.OverlapAllow
		f.claim(1, due(s, 1))
		equal(f, "the answers beside a run that runs", f.claim(3, allowed, due(s, 3)),
			[]store.Claimed{ran(run.Waiting), skipped(run.ReasonOverlap)})
		f.end(runID(s, 1), 4, state)
		equal(f, "the answer beside a run that waits", f.claim(4, due(s, 4)), []store.Claimed{skipped(run.ReasonOverlap)})
		_, err := f.st.Abandon(f.ctx, store.Abandon{RunID: allowed.RunID, At: minute(5), State: run.Cancelled})
		f.check("abandoning", err)
		equal(f, "the answer when all have ended", f.claim(6, due(s, 6)), []store.Claimed{ran(run.Running)})
	}
	f.create("triggered")
	f.trigger(f.asked("by-hand", "triggered"))
	equal(f, "the answer beside a triggered run", f.claim(7, due("triggered", 7)), []store.Claimed{skipped(run.ReasonOverlap)})
}

func openRunSkipsInOne(f *fixture) {
	f.create("s", "other")
	late := due("s", 1)
	late.Missed = run.ReasonLate
	allowed := due("s", 4)
	allowed.Overlap = schedule.OverlapAllow
	got := f.claim(5, late, due("s", 2), due("other", 2), due("s", 3), allowed, due("s", 5))
	over := skipped(run.ReasonOverlap)
	equal(f, "the answers", got, []store.Claimed{
		missed(run.ReasonLate), ran(run.Running), ran(run.Running), over, ran(run.Running), over,
	})
}

func openRunSkipsLaterChunk(f *fixture) {
	f.create("s", "filler")
	asked := []store.Due{waiting("s", 1)}
	for n := range 1000 {
		asked = append(asked, due("filler", n))
	}
	got := f.claim(1000, append(asked, due("s", 2))...)
	equal(f, "the last answer", got[1001], skipped(run.ReasonOverlap))
}

func versionOfFiring(f *fixture) {
	f.create("s")
	f.change(update(a("s"), minute(10)))
	f.change(remove("s", minute(20)))
	f.change(create(a("s"), minute(30)))
	want := map[int]int64{-4: 1, 10: 1, 11: 2, 20: 2, 31: 3}
	for n := range want {
		f.claim(40, due("s", n))
	}
	firings := f.firings("s")
	equal(f, "the number of firings", len(firings), len(want))
	for _, firing := range firings {
		n := int(firing.DueAt.Sub(minute(0)).Minutes())
		equal(f, fmt.Sprint("the version of the firing at minute ", n), firing.Version, want[n])
	}
	r, _ := f.run(runID("s", 31))
	equal(f, "the version of the run", r.Version, int64(3))
}

// owedByTiming claims firings of schedules that have more than one cron line, in the
// ledger that made them and in a copy of it.
func owedByTiming(f *fixture) {
	with := func(id string, crons ...string) store.Schedule {
		s := a(id)
		s.More = &schedule.More{Crons: crons}
		return s
	}
	dueBy := func(s store.Schedule, n int) store.Due {
		d := over(schedule.OverlapAllow, s.ID, n)
		d.Cron = s.Timing().Key()
		return d
	}
	f.change(create(with("s", "1 * * * * *"), minute(-5)))
	second := with("s", "2 * * * * *")
	f.change(update(second, minute(5)))
	copied := f.another()
	f.check("importing", copied.st.Import(f.ctx, recordsOf(f.export())))
	copied.id = "host of the copy"
	copied.join(copied.id)
	for _, f := range []*fixture{f, copied} {
		equal(f, "the answers", f.claim(10,
			dueBy(with("s", "1 * * * * *"), 5), dueBy(second, 6), dueBy(with("s", "1 * * * * *"), 7), over(schedule.OverlapAllow, "s", 8)),
			[]store.Claimed{skipped(run.ReasonStopped), ran(run.Running), notWon(), notWon()})
	}
}

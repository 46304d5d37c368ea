package storetest

import (
	"fmt"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func overlapCases() []Case {
	return []Case{
		{Name: "a firing queues behind a run that is open, up to the limit", test: queues},
		{Name: "a queue is made of runs that wait for their first attempt", test: queueLeavesRetries},
		{Name: "a queued run is taken when no run of its schedule runs", test: queuedIsTaken},
		{Name: "a queued run waits for runs of another policy, and they for none", test: queuesBesideOthers},
		{Name: "a firing replaces the runs that are open", test: replaces},
		{Name: "firings of one claim replace each other", test: replacesInOne},
		{Name: "a claim that replaces can be repeated", test: replacesAgain},
		{Name: "follow-ups keep no firing from running", test: followUpsAreAside},
		{Name: "a firing that is caught up is claimed once", test: caughtUp},
		{Name: "a trigger waits where its schedule queues", test: triggerQueues},
	}
}

// over is due with an overlap policy.
func over(o schedule.Overlap, id string, n int) store.Due {
	d := due(id, n)
	d.Overlap = o
	return d
}

func queues(f *fixture) {
	f.create("one", "two")
	for id, limit := range map[string]int{"one": 0, "two": 2} {
		var got []run.Reason
		for n := range 5 {
			d := over(schedule.OverlapQueue, id, n)
			d.QueueLimit = limit
			got = append(got, f.claim(n, d)[0].Reason)
		}
		full := run.ReasonQueue
		want := map[string][]run.Reason{"one": {"", "", full, full, full}, "two": {"", "", "", full, full}}[id]
		equal(f, "the reasons with the limit "+fmt.Sprint(limit), got, want)
		equal(f, "the states", []run.State{f.state(runID(id, 0)), f.state(runID(id, 1))}, []run.State{run.Running, run.Waiting})
	}
	var all []store.Due
	f.create("in one claim")
	for n := range 3 {
		all = append(all, over(schedule.OverlapQueue, "in one claim", n))
	}
	equal(f, "the answers in one claim", f.claim(9, all...),
		[]store.Claimed{ran(run.Running), ran(run.Waiting), skipped(run.ReasonQueue)})
}

func queueLeavesRetries(f *fixture) {
	f.create("s")
	f.claim(1, over(schedule.OverlapQueue, "s", 1))
	f.endAgain(runID("s", 1), 1, 2, store.Again{ReadyAt: minute(50)})
	equal(f, "the answer beside a retry", f.claim(3, over(schedule.OverlapQueue, "s", 3)), []store.Claimed{ran(run.Waiting)})
	equal(f, "the answer beside a retry and a queued run", f.claim(4, over(schedule.OverlapQueue, "s", 4)),
		[]store.Claimed{skipped(run.ReasonQueue)})
}

func queuedIsTaken(f *fixture) {
	f.create("s", "other")
	queued, second := over(schedule.OverlapQueue, "s", 2), over(schedule.OverlapQueue, "s", 3)
	second.QueueLimit = 2
	f.claim(3, over(schedule.OverlapQueue, "s", 1), queued, second, waiting("other", 3))
	equal(f, "what is taken while one runs", runIDs(f.take(4, 10)), []string{runID("other", 3)})
	f.end(runID("s", 1), 5, run.Failed)
	equal(f, "what is taken then", runIDs(f.take(5, 10)), []string{queued.RunID})
	equal(f, "what is taken beside that", len(f.take(6, 10)), 0)
	f.end(queued.RunID, 7, run.Succeeded)
	equal(f, "what is taken at last", runIDs(f.take(8, 10)), []string{second.RunID})
}

// queuesBesideOthers changes a schedule from skip to queue while a run of it waits for
// another attempt.
func queuesBesideOthers(f *fixture) {
	f.create("s")
	f.claim(1, due("s", 1))
	f.endAgain(runID("s", 1), 1, 2, store.Again{ReadyAt: minute(5)})
	f.claim(3, over(schedule.OverlapQueue, "s", 3))
	equal(f, "what is taken before the retry is ready", runIDs(f.take(4, 10)), []string{runID("s", 3)})
	equal(f, "what is taken then", runIDs(f.take(5, 10)), []string{runID("s", 1)})
	f.claim(6, over(schedule.OverlapQueue, "s", 6))
	f.end(runID("s", 3), 7, run.Succeeded)
	equal(f, "what is taken while the retry runs", len(f.take(8, 10)), 0)
	f.endAgain(runID("s", 1), 2, 9, store.Again{})
	equal(f, "what is taken of both", runIDs(f.take(10, 10)), []string{runID("s", 1)})
}

// replacedAt is a run as it is when another has replaced it at minute n.
func replacedAt(r run.Run, n int) run.Run {
	if r.State == run.Waiting {
		r.State, r.Reason, r.EndedAt = run.Cancelled, run.ReasonReplaced, minute(n)
	}
	return r
}

func replaces(f *fixture) {
	f.create("s")
	equal(f, "the answer beside none", f.claim(1, over(schedule.OverlapReplace, "s", 1)), []store.Claimed{ran(run.Running)})
	f.claim(2, over(schedule.OverlapAllow, "s", 2))
	f.endAgain(runID("s", 2), 1, 3, store.Again{ReadyAt: minute(50)})
	waits := over(schedule.OverlapAllow, "s", 3)
	waits.Start = false
	f.claim(3, waits)
	want := ran(run.Waiting)
	for n := 1; n <= 3; n++ {
		r, _ := f.run(runID("s", n))
		want.Replaces = append(want.Replaces, replacedAt(r, 4))
	}
	equal(f, "the answer beside three", f.claim(4, over(schedule.OverlapReplace, "s", 4)), []store.Claimed{want})
	for _, r := range want.Replaces {
		got, _ := f.run(r.ID)
		equal(f, "the run "+r.ID, got, r)
	}
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Running: 1, run.Waiting: 1, run.Cancelled: 2})
	equal(f, "how many firings there are", len(f.firings("s")), 4)
	equal(f, "what is taken while the old one runs", len(f.take(5, 10)), 0)
	f.end(runID("s", 1), 6, run.Cancelled)
	equal(f, "what is taken then", runIDs(f.take(7, 10)), []string{runID("s", 4)})
}

func replacesInOne(f *fixture) {
	f.create("s")
	got := f.claim(5, over(schedule.OverlapReplace, "s", 1), over(schedule.OverlapReplace, "s", 2), over(schedule.OverlapReplace, "s", 3))
	first, _ := f.run(runID("s", 1))
	second, _ := f.run(runID("s", 2))
	equal(f, "the state of the second", []any{second.State, second.Reason, second.EndedAt}, []any{run.Cancelled, run.ReasonReplaced, minute(5)})
	two, three := ran(run.Waiting), ran(run.Waiting)
	two.Replaces, three.Replaces = []run.Run{first}, []run.Run{first, second}
	equal(f, "the answers", got, []store.Claimed{ran(run.Running), two, three})
	equal(f, "the counts", f.counts(), store.Counts{
		Firings: map[run.Outcome]int64{run.Ran: 3}, Runs: map[run.State]int64{run.Running: 1, run.Waiting: 1, run.Cancelled: 1},
	})
	equal(f, "how many firings there are", len(f.firings("s")), 3)
}

func replacesAgain(f *fixture) {
	f.create("s")
	f.claim(1, over(schedule.OverlapReplace, "s", 1))
	d := over(schedule.OverlapReplace, "s", 2)
	first := f.claim(2, d)
	before := f.dump()
	equal(f, "the answer again", f.claim(2, d), first)
	equal(f, "the ledger", f.dump(), before)
	equal(f, "the answer again to the one that runs", f.claim(2, over(schedule.OverlapReplace, "s", 1)), []store.Claimed{ran(run.Running)})
	f.end(runID("s", 1), 3, run.Cancelled)
	f.take(4, 1)
	equal(f, "the answer when it was taken since", f.claim(5, d), []store.Claimed{ran(run.Waiting)})
}

func followUpsAreAside(f *fixture) {
	f.create("s")
	step := f.asked("step", "s")
	step.Run.Step, step.Run.Plugin = "on_end", "qlik"
	f.trigger(step)
	equal(f, "the answers beside a follow-up", f.claim(2, over(schedule.OverlapSkip, "s", 1)), []store.Claimed{ran(run.Running)})
	f.end(runID("s", 1), 3, run.Succeeded)
	equal(f, "the answer of a replacement", f.claim(4, over(schedule.OverlapReplace, "s", 4)), []store.Claimed{ran(run.Running)})
	f.claim(5, over(schedule.OverlapQueue, "s", 5))
	f.end(runID("s", 4), 6, run.Succeeded)
	equal(f, "what is taken beside a follow-up", runIDs(f.take(7, 10)), []string{runID("s", 5)})
}

func caughtUp(f *fixture) {
	f.create("s")
	d := over(schedule.OverlapSkip, "s", 1)
	d.Trigger = run.ByCatchUp
	f.claim(2, d)
	r, _ := f.run(d.RunID)
	equal(f, "the trigger", r.Trigger, run.ByCatchUp)
	want := []run.Firing{{ScheduleID: "s", DueAt: minute(1), Outcome: run.Ran, RunID: d.RunID, Version: 1, SettledAt: minute(2)}}
	for _, when := range []string{"while it runs", "when it has ended"} {
		equal(f, "the firings "+when, f.firings("s"), want)
		equal(f, "the answer to another claim "+when, f.claim(3, anew(due("s", 1))...), []store.Claimed{notWon()})
		if when == "while it runs" {
			f.end(d.RunID, 4, run.Succeeded)
		}
	}
}

func triggerQueues(f *fixture) {
	f.create("s")
	for _, o := range []schedule.Overlap{schedule.OverlapQueue, schedule.OverlapReplace} {
		first, second := f.asked("first of "+string(o), "s"), f.asked("second of "+string(o), "s")
		first.Overlap, second.Overlap = o, o
		first.Run.Plugin, second.Run.Plugin = "qlik", "qlik"
		for range 3 { // no limit counts
			second.Run.ID += "!"
			r, _ := f.trigger(first)
			equal(f, "the state of the first", r.State, run.Running)
			r, _ = f.trigger(second)
			equal(f, "the state of the second", r.State, run.Waiting)
			equal(f, "what is taken", len(f.take(2, 10)), 0)
			f.end(first.Run.ID, 3, run.Succeeded)
			equal(f, "what is taken then", runIDs(f.take(4, 10)), []string{second.Run.ID})
			f.end(second.Run.ID, 5, run.Succeeded)
			first.Run.ID += "!"
		}
	}
}

package storetest

import (
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func lookCases() []Case {
	return []Case{
		{Name: "a lost attempt that is to be looked for keeps others waiting like one that runs", test: looksAreExclusive},
		{Name: "a run that replaces one that is to look for a lost attempt leaves it lost", test: looksAreReplaced},
		{Name: "a run that is to look for a lost attempt is lost when it is abandoned", test: looksAreAbandoned},
		{Name: "what nobody asks for a second time is kept by a host that joins", test: keepsWhatIsOwed},
	}
}

// look makes a run that waits to look for its first attempt, from minute 50 on.
func (f *fixture) look(o schedule.Overlap) string {
	f.Helper()
	f.create("s")
	f.claim(1, over(o, "s", 1))
	f.endAgain(runID("s", 1), 1, 2, store.Again{ReadyAt: minute(50), Resume: true})
	return runID("s", 1)
}

func looksAreExclusive(f *fixture) {
	id := f.look(schedule.OverlapQueue)
	f.create("other")
	equal(f, "the answer beside it", f.claim(3, over(schedule.OverlapQueue, "s", 3)), []store.Claimed{ran(run.Waiting)})
	earlier := f.asked("asked for", "s") // is taken first, if any
	earlier.Overlap, earlier.Priority, earlier.Run.Plugin = schedule.OverlapQueue, 9, "qlik"
	f.trigger(earlier)
	f.claim(3, waiting("other", 3))
	equal(f, "what is taken before the look is due", runIDs(f.take(4, 10)), []string{runID("other", 3)})
	equal(f, "what is taken when it is", runIDs(f.take(50, 10)), []string{id})
	equal(f, "what is taken beside it", len(f.take(51, 10)), 0)
	done, err := f.st.End(f.ctx, store.AttemptEnd{RunID: id, Number: 2, HostID: f.id, At: minute(52), State: run.Succeeded})
	f.check("ending the look", err)
	equal(f, "whether it was ended", done, true)
	equal(f, "what is taken then", runIDs(f.take(53, 1)), []string{"asked for"})
}

func looksAreReplaced(f *fixture) {
	id := f.look(schedule.OverlapReplace)
	got := f.claim(3, over(schedule.OverlapReplace, "s", 3))
	r := f.mustRun(id)
	equal(f, "the run", []any{r.State, r.Reason, r.EndedAt}, []any{run.Lost, run.ReasonUnknown, minute(3)})
	want := ran(run.Waiting)
	want.Replaces = []run.Run{r}
	equal(f, "the answer", got, []store.Claimed{want})
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Lost: 1, run.Waiting: 1})
}

func looksAreAbandoned(f *fixture) {
	id := f.look(schedule.OverlapSkip)
	done, err := f.st.Abandon(f.ctx, store.Abandon{RunID: id, At: minute(3), State: run.Cancelled, Reason: run.ReasonCancelled, Error: "why"})
	f.check("abandoning", err)
	r := f.mustRun(id)
	equal(f, "the run", []any{done, r.State, r.Reason, r.EndedAt, r.Error}, []any{true, run.Lost, run.ReasonUnknown, minute(3), "why"})
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Lost: 1})
	equal(f, "how many firings there are", len(f.firings("s")), 1)
}

func keepsWhatIsOwed(f *fixture) {
	f.create("pool", "plain", "caught up")
	inPool := pooled("p", "pool", 1)
	inPool.MaxWait = time.Hour
	caught := waiting("caught up", 1)
	caught.Trigger = run.ByCatchUp
	f.claim(1, inPool, waiting("plain", 1), caught)
	step, chained := f.asked("step", "plain"), f.asked("chained", "plain")
	step.Start, step.Run.Step, step.Run.Trigger = false, "on_end", run.ByChain
	chained.Start, chained.Run.Trigger = false, run.ByChain
	f.trigger(step)
	f.trigger(chained)
	f.leave(host, 3)
	f.id = "host-2"
	equal(f, "what is given up", runIDs(f.join(f.id).Ended), []string{runID("plain", 1)})
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Cancelled: 1, run.Waiting: 4})
}

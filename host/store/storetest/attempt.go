package storetest

import (
	"fmt"

	"butlerd/host/run"
	"butlerd/host/store"
)

func attemptCases() []Case {
	return []Case{
		{Name: "a waiting run is abandoned", test: abandonsWaiting},
		{Name: "a run that does not wait is not abandoned", test: abandonsNoOther},
	}
}

// noneWaiting makes runs in every state but waiting and returns their ids, with
// one that is not there.
func (f *fixture) noneWaiting() []string {
	f.Helper()
	ids := []string{"absent"}
	for i, state := range run.States()[1:] {
		s := fmt.Sprint("s", i)
		f.create(s)
		f.claim(1, due(s, 1))
		if !state.Open() {
			f.end(runID(s, 1), 2, state)
		}
		ids = append(ids, runID(s, 1))
	}
	return ids
}

func abandonsWaiting(f *fixture) {
	f.create("s")
	f.claim(1, waiting("s", 1))
	want, _ := f.run(runID("s", 1))
	done, err := f.st.Abandon(f.ctx, store.Abandon{
		RunID: want.ID, At: minute(2), State: run.Failed, Reason: run.ReasonPluginDown, Error: "it was not there",
	})
	f.check("abandoning", err)
	equal(f, "whether it was abandoned", done, true)
	want.State, want.Reason, want.EndedAt, want.Error = run.Failed, run.ReasonPluginDown, minute(2), "it was not there"
	r, attempts := f.run(want.ID)
	equal(f, "the run", r, want)
	equal(f, "the number of attempts", len(attempts), 0)
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Failed: 1})
}

func abandonsNoOther(f *fixture) {
	ids := f.noneWaiting()
	before := f.dump()
	for _, id := range ids {
		done, err := f.st.Abandon(f.ctx, store.Abandon{RunID: id, At: minute(3), State: run.Cancelled})
		f.check("abandoning", err)
		equal(f, "whether "+id+" was abandoned", done, false)
	}
	equal(f, "the ledger", f.dump(), before)
	if _, err := f.st.Abandon(f.ctx, store.Abandon{RunID: "r", State: run.Running}); err == nil {
		f.Error("an abandonment with a state that is open is accepted")
	}
}

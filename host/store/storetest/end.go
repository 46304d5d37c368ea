package storetest

import (
	"encoding/json"
	"fmt"
	"sync/atomic"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func endCases() []Case {
	return []Case{
		{Name: "an end is kept whole", test: endIsKept},
		{Name: "an end that is not the attempt's changes nothing", test: endIsFenced},
		{Name: "an attempt is ended once by many at a time", test: endsOnce},
		{Name: "attempts are ended by many callers at a time", test: endsTogether},
		{Name: "an end with a state that is open is refused", test: endIsFinal},
	}
}

func ending(runID string) store.AttemptEnd {
	return store.AttemptEnd{
		RunID: runID, Number: 1, HostID: host, At: minute(9), State: run.Failed, Reason: run.ReasonAction,
		Summary: "a summary", Error: "an error", Result: json.RawMessage(`{"a":[1,2]}`),
		LogLines: 12, LogBytes: 345, Dropped: 6,
		Entries: []run.LogEntry{entry(runID, 1, 1), entry(runID, 1, 2)},
	}
}

func endIsKept(f *fixture) {
	f.create("s")
	f.claim(1, due("s", 1))
	want, attempts := f.run(runID("s", 1))
	wantAttempt := attempts[0]
	end := ending(want.ID)
	done, err := f.st.End(f.ctx, end)
	f.check("ending", err)
	equal(f, "whether it was ended", done, true)
	want.State, want.Reason, want.EndedAt, want.Summary, want.Error = end.State, end.Reason, end.At, end.Summary, end.Error
	wantAttempt.State, wantAttempt.Reason, wantAttempt.EndedAt = end.State, end.Reason, end.At
	wantAttempt.Summary, wantAttempt.Error, wantAttempt.Result = end.Summary, end.Error, end.Result
	wantAttempt.LogLines, wantAttempt.LogBytes, wantAttempt.Dropped = 12, 345, 6
	r, attempts := f.run(want.ID)
	equal(f, "the run", r, want)
	equal(f, "the attempts", attempts, []run.Attempt{wantAttempt})
	equal(f, "the log", f.log(want.ID), end.Entries)
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Failed: 1})
}

func endIsFenced(f *fixture) {
	f.create("s", "waits", "ended")
	f.claim(1, due("s", 1), waiting("waits", 1), due("ended", 1))
	f.end(runID("ended", 1), 2, run.Succeeded)
	before := f.dump()
	for name, spoil := range map[string]func(*store.AttemptEnd){
		"of another host":     func(e *store.AttemptEnd) { e.HostID = "host-2" },
		"of another attempt":  func(e *store.AttemptEnd) { e.Number = 2 },
		"of a run not there":  func(e *store.AttemptEnd) { e.RunID = "absent" },
		"of a run that waits": func(e *store.AttemptEnd) { e.RunID = runID("waits", 1) },
		"for the second time": func(e *store.AttemptEnd) { e.RunID = runID("ended", 1) },
	} {
		end := ending(runID("s", 1))
		spoil(&end)
		done, err := f.st.End(f.ctx, end)
		f.check("ending", err)
		equal(f, "whether an end "+name+" was accepted", done, false)
		equal(f, "the ledger after an end "+name, f.dump(), before)
	}
}

// endsOnce has the rightful host and others end one attempt at the same time.
func endsOnce(f *fixture) {
	f.create("s")
	f.claim(1, due("s", 1))
	var ended atomic.Int32
	together(12, func(i int) {
		end := ending(runID("s", 1))
		if i%2 == 1 {
			end.HostID, end.State = "host-2", run.Succeeded
		}
		done, err := f.st.End(f.ctx, end)
		if err != nil {
			f.Error(err)
		}
		if done {
			ended.Add(1)
		}
	})
	equal(f, "how often it was ended", ended.Load(), int32(1))
	equal(f, "the state of the run", f.state(runID("s", 1)), run.Failed)
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Failed: 1})
}

func endsTogether(f *fixture) {
	const n = 200
	f.create("s")
	var asked []store.Due
	for i := range n {
		d := due("s", i)
		d.Overlap = schedule.OverlapAllow
		asked = append(asked, d)
	}
	f.claim(n, asked...)
	together(n, func(i int) {
		end := ending(runID("s", i))
		end.Summary = fmt.Sprint("summary ", i)
		if done, err := f.st.End(f.ctx, end); err != nil || !done {
			f.Errorf("ending %d: %v, %v", i, done, err)
		}
	})
	for i := range n {
		r, attempts := f.run(runID("s", i))
		equal(f, "the summary", []string{r.Summary, attempts[0].Summary}, []string{fmt.Sprint("summary ", i), fmt.Sprint("summary ", i)})
	}
	equal(f, "the counts", f.counts().Runs, map[run.State]int64{run.Failed: n})
}

func endIsFinal(f *fixture) {
	f.create("s")
	f.claim(1, due("s", 1))
	for _, state := range []run.State{run.Waiting, run.Running, "", "nonsense"} {
		end := ending(runID("s", 1))
		end.State = state
		if _, err := f.st.End(f.ctx, end); err == nil {
			f.Errorf("an end in the state %q is accepted", state)
		}
	}
	equal(f, "the state of the run", f.state(runID("s", 1)), run.Running)
}

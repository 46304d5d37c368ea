package storetest

import (
	"encoding/json"
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

func logCases() []Case {
	return []Case{
		{Name: "log entries come back in order", test: logInOrder},
		{Name: "log entries that are there are left", test: logLeaves},
		{Name: "log entries are read on from a position", test: logPages},
		{Name: "log entries are added by many at a time", test: logTogether},
		{Name: "log entries of attempts that are not the host's, or not open, are left out", test: logIsFenced},
	}
}

func entry(runID string, attempt int, seq int64) run.LogEntry {
	return run.LogEntry{
		RunID: runID, Attempt: attempt, Seq: seq, At: minute(5).Add(time.Duration(seq) * time.Microsecond),
		Kind: run.KindLog, Level: "warn", Text: fmt.Sprintf("line %d.%d", attempt, seq),
		Attributes: json.RawMessage(`{"task":"x"}`),
	}
}

func (f *fixture) keep(entries ...run.LogEntry) {
	f.Helper()
	f.check("keeping log entries", f.st.Log(f.ctx, f.id, entries))
}

func logInOrder(f *fixture) {
	output := entry("r", 1, 30)
	output.Kind, output.Level, output.Text, output.Attributes = run.KindOutput, "", "", nil
	f.attempted(10, "r", "other")
	f.keep(entry("r", 2, 1), output, entry("other", 1, 1), entry("r", 1, 4), entry("r", 10, 1), entry("r", 1, 100))
	f.keep()
	equal(f, "the log", f.log("r"), []run.LogEntry{
		entry("r", 1, 4), output, entry("r", 1, 100), entry("r", 2, 1), entry("r", 10, 1),
	})
	equal(f, "the log of the other run", f.log("other"), []run.LogEntry{entry("other", 1, 1)})
	equal(f, "the length of the log of none", len(f.log("absent")), 0)
}

func logLeaves(f *fixture) {
	f.attempted(1, "r")
	f.keep(entry("r", 1, 1))
	again := entry("r", 1, 1)
	again.Text = "changed"
	f.keep(again, entry("r", 1, 2))
	f.keep(again, entry("r", 1, 2))
	equal(f, "the log", f.log("r"), []run.LogEntry{entry("r", 1, 1), entry("r", 1, 2)})
}

func logPages(f *fixture) {
	f.attempted(3, "r")
	var all []run.LogEntry
	for attempt := 1; attempt <= 3; attempt++ {
		for seq := int64(1); seq <= 700; seq++ {
			all = append(all, entry("r", attempt, seq))
		}
	}
	f.keep(all...)
	for limit, size := range map[int]int{0: store.MaxPage, 1000: 1000, 3: 3, 699: 699} {
		got, err := f.st.RunLog(f.ctx, store.LogQuery{RunID: "r", Attempt: 1, Seq: 650, Limit: limit})
		f.check("reading a log", err)
		equal(f, fmt.Sprint("the log with the limit ", limit), got, all[650:650+size])
	}
	got, err := f.st.RunLog(f.ctx, store.LogQuery{RunID: "r", Attempt: 3, Seq: 700})
	f.check("reading a log", err)
	equal(f, "the length behind the last", len(got), 0)
	for _, limit := range []int{-1, store.MaxPage + 1} {
		if _, err := f.st.RunLog(f.ctx, store.LogQuery{RunID: "r", Limit: limit}); err == nil {
			f.Errorf("the limit %d is accepted", limit)
		}
	}
}

func logTogether(f *fixture) {
	f.attempted(20, "r0", "r1", "all")
	together(20, func(i int) {
		id := fmt.Sprint("r", i%2)
		for seq := int64(1); seq <= 10; seq++ {
			if err := f.st.Log(f.ctx, host, []run.LogEntry{entry(id, i+1, seq), entry("all", 1, seq)}); err != nil {
				f.Error(err)
			}
		}
	})
	equal(f, "the lengths", []int{len(f.log("r0")), len(f.log("r1")), len(f.log("all"))}, []int{100, 100, 10})
}

func logIsFenced(f *fixture) {
	f.create("s", "waits", "ended")
	f.claim(1, due("s", 1), waiting("waits", 1), due("ended", 1))
	f.end(runID("ended", 1), 2, run.Succeeded)
	before := f.dump()
	f.keep(entry("absent", 1, 1), entry(runID("waits", 1), 1, 1), entry(runID("ended", 1), 1, 1), entry(runID("s", 1), 2, 1))
	f.check("keeping another host's", f.st.Log(f.ctx, "host-2", []run.LogEntry{entry(runID("s", 1), 1, 1)}))
	equal(f, "the ledger", f.dump(), before)
	f.keep(entry("absent", 1, 1), entry(runID("s", 1), 1, 1), entry(runID("ended", 1), 1, 1))
	equal(f, "the log beside those left out", f.log(runID("s", 1)), []run.LogEntry{entry(runID("s", 1), 1, 1)})
	equal(f, "the log of the one that has ended", len(f.log(runID("ended", 1))), 0)
}

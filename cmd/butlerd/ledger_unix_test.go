//go:build unix

package main

import (
	"strings"
	"testing"
	"time"

	"butlerd/host/hosttest"
	"butlerd/host/run"
	"butlerd/host/store"
)

// checkLedger compares the ledger, after all hosts have ended, with what should be
// in it and with what plugins were really asked to do. It returns its runs.
func checkLedger(t *testing.T, st store.Store, executed []execution, acks *acknowledged, begun time.Time) map[string]run.Run {
	t.Helper()
	until, err := st.SettledUntil(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	account, err := hosttest.Recompute(t.Context(), st, begun, until)
	if err != nil {
		t.Fatal(err)
	}
	if len(account.Missing) > 0 || len(account.Foreign) > 0 {
		t.Errorf("missing: %v\nforeign: %v", account.Missing, account.Foreign)
	}
	runs := allRuns(t, st)
	for _, id := range acks.runs {
		if _, found := runs[id]; !found {
			t.Errorf("run %s was acknowledged and is not in the ledger", id)
		}
	}
	checkRecord(t, runs, executed)
	counts, open := map[string]int{}, 0
	for _, r := range runs {
		counts[strings.TrimSuffix(string(r.State)+":"+string(r.Reason), ":")]++
		if r.State.Open() {
			open++
		}
	}
	if open > 0 {
		t.Errorf("%d runs are still open: %v", open, counts)
	}
	if !testing.Short() && !acks.some() { // a short run may have had no time for it
		t.Errorf("the load acknowledged %d schedules, %d deletions and %d runs: it tested nothing", len(acks.schedules), len(acks.deleted), len(acks.runs))
	}
	t.Logf("%d instants: %v; runs: %v; executed: %d; acknowledged: %d schedules, %d deletions, %d runs", account.Instants,
		account.Outcomes, counts, len(executed), len(acks.schedules), len(acks.deleted), len(acks.runs))
	return runs
}

// allRuns reads all runs of a ledger.
func allRuns(t *testing.T, st store.Store) map[string]run.Run {
	t.Helper()
	all := map[string]run.Run{}
	q := store.RunQuery{Limit: store.MaxPage}
	for {
		page, err := st.Runs(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Runs {
			all[r.ID] = r
		}
		if page.Next == (store.RunCursor{}) {
			return all
		}
		q.After = page.Next
	}
}

// checkRecord sees that no run was executed twice, that each that was executed is
// in the ledger, and that each that succeeded was executed.
func checkRecord(t *testing.T, runs map[string]run.Run, executed []execution) {
	t.Helper()
	seen := map[string]bool{}
	for _, x := range executed {
		if seen[x.run] {
			t.Errorf("run %s was executed twice", x.run)
		}
		seen[x.run] = true
		if _, found := runs[x.run]; !found {
			t.Errorf("run %s was executed and is not in the ledger", x.run)
		}
	}
	for id, r := range runs {
		if r.State == run.Succeeded && !seen[id] {
			t.Errorf("run %s is said to have succeeded and was not executed", id)
		}
	}
}

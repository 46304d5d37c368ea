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
	runs := checkAccount(t, st, acks, begun)
	checkRecord(t, st, runs, executed)
	for id, r := range runs {
		if r.State.Open() {
			t.Errorf("run %s of %s is still %s", id, r.ScheduleID, r.State)
		}
	}
	return runs
}

// checkAccount compares the ledger with the instants that were owed, and with what was
// acknowledged. It returns its runs.
func checkAccount(t *testing.T, st store.Store, acks *acknowledged, begun time.Time) map[string]run.Run {
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
	counts := map[string]int{}
	for _, r := range runs {
		counts[strings.TrimSuffix(string(r.State)+":"+string(r.Reason), ":")]++
	}
	if !testing.Short() && !acks.some() { // a short run may have had no time for it
		t.Errorf("the load acknowledged %d schedules, %d deletions and %d runs: it tested nothing", len(acks.schedules), len(acks.deleted), len(acks.runs))
	}
	t.Logf("%d instants: %v; runs: %v; acknowledged: %d schedules, %d deletions, %d runs", account.Instants,
		account.Outcomes, counts, len(acks.schedules), len(acks.deleted), len(acks.runs))
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

// checkRecord sees that no attempt was executed twice, that each that was executed is
// in the ledger and did not look for another one, and that each run that succeeded was
// executed.
func checkRecord(t *testing.T, st store.Store, runs map[string]run.Run, executed []execution) {
	t.Helper()
	seen := map[string]map[int]bool{}
	for _, x := range executed {
		if seen[x.run] == nil {
			seen[x.run] = map[int]bool{}
		}
		if seen[x.run][x.attempt] {
			t.Errorf("attempt %d of run %s was executed twice", x.attempt, x.run)
		}
		seen[x.run][x.attempt] = true
		if _, found := runs[x.run]; !found {
			t.Errorf("run %s was executed and is not in the ledger", x.run)
		}
	}
	again, resumed, found := 0, 0, 0
	for id, r := range runs {
		if r.Attempts <= 1 {
			checkAttemptsOf(t, r, seen[id], nil)
			continue
		}
		_, attempts, err := st.Run(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		checkAttemptsOf(t, r, seen[id], attempts)
		again++
		for _, a := range attempts {
			if a.Resumes > 0 {
				resumed++
			}
			if a.Resumes > 0 && a.State == run.Succeeded {
				found++
			}
		}
	}
	t.Logf("%d runs with several attempts, %d attempts looked for another one, %d found that it had succeeded", again, resumed, found)
}

// checkAttemptsOf compares the attempts of a run with those that were executed; without
// any, it had but one.
func checkAttemptsOf(t *testing.T, r run.Run, executed map[int]bool, attempts []run.Attempt) {
	t.Helper()
	for number := range executed {
		if number > r.Attempts {
			t.Errorf("attempt %d of run %s was executed, and the ledger has %d", number, r.ID, r.Attempts)
		}
	}
	did := r.Attempts // the one whose end is that of the run
	for _, a := range attempts {
		did = a.Number
		if a.Resumes == 0 {
			continue
		}
		did = a.Resumes
		if executed[a.Number] {
			t.Errorf("attempt %d of run %s was to look for attempt %d and was executed", a.Number, r.ID, a.Resumes)
		}
	}
	if r.State == run.Succeeded && !executed[did] {
		t.Errorf("run %s is said to have succeeded and attempt %d was not executed", r.ID, did)
	}
}

package sqlite_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
	"butlerd/host/store/sqlite"
)

// acknowledged is what the victims have said was written.
type acknowledged struct {
	schedules map[string]int64  // by id, the version
	claims    map[string]string // by run id, the schedule
	ends      map[string]bool   // by run id
	lines     map[string]int    // by run id, how many log entries
}

func nothingAcknowledged() *acknowledged {
	return &acknowledged{map[string]int64{}, map[string]string{}, map[string]bool{}, map[string]int{}}
}

func (a *acknowledged) add(more *acknowledged) {
	maps.Copy(a.schedules, more.schedules)
	maps.Copy(a.claims, more.claims)
	maps.Copy(a.ends, more.ends)
	maps.Copy(a.lines, more.lines)
}

func (a *acknowledged) note(t *testing.T, line string) {
	t.Helper()
	var what, id, rest string
	var n int
	if _, err := fmt.Sscan(line, &what, &id, &rest); err != nil {
		return // the last line may be half a line
	}
	if what != "claim" {
		if _, err := fmt.Sscan(rest, &n); err != nil {
			t.Fatalf("the victim said %q", line)
		}
	}
	switch what {
	case "schedule":
		a.schedules[id] = int64(n)
	case "claim":
		a.claims[rest] = id
	case "log":
		a.lines[id] = n
	case "end":
		a.lines[id], a.ends[id] = n, true
	}
}

// check compares what is in the database with what was acknowledged.
func (a *acknowledged) check(t *testing.T, db *sqlite.DB) {
	t.Helper()
	a.checkSchedules(t, db)
	for id, scheduleID := range a.claims {
		r, attempts, err := db.Run(t.Context(), id)
		if err != nil || r.ScheduleID != scheduleID || len(attempts) != 1 {
			t.Errorf("run %s of %s is not as it was acknowledged: %+v, %+v, %v", id, scheduleID, r, attempts, err)
		}
		if a.ends[id] && r.State != run.Succeeded {
			t.Errorf("the end of run %s was acknowledged, and it is %s", id, r.State)
		}
	}
	for id, n := range a.lines {
		if entries, err := db.RunLog(t.Context(), store.LogQuery{RunID: id}); err != nil || len(entries) < n {
			t.Errorf("run %s has %d log entries, %v, and %d were acknowledged", id, len(entries), err, n)
		}
	}
	checkWhole(t, db)
}

func (a *acknowledged) checkSchedules(t *testing.T, db *sqlite.DB) {
	t.Helper()
	all, err := db.Schedules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]int64{}
	for _, s := range all {
		if there[s.ID] != 0 {
			t.Errorf("schedule %s is there twice", s.ID)
		}
		there[s.ID] = s.Version
	}
	for id, version := range a.schedules {
		if there[id] < version {
			t.Errorf("schedule %s has version %d, and %d was acknowledged", id, there[id], version)
		}
	}
}

// checkWhole holds what is written in several places against each other: each
// firing has its run, and the counts are those of the rows.
func checkWhole(t *testing.T, db *sqlite.DB) {
	t.Helper()
	states, firings := map[run.State]int64{}, map[string]int{}
	q := store.RunQuery{Limit: store.MaxPage}
	for more := true; more; more = q.After != (store.RunCursor{}) {
		page, err := db.Runs(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Runs {
			states[r.State]++
			firings[r.ScheduleID]++
		}
		q.After = page.Next
	}
	counts, err := db.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range run.States() {
		if counts.Runs[s] != states[s] {
			t.Errorf("%d runs are counted as %s, and there are %d", counts.Runs[s], s, states[s])
		}
	}
	for id, n := range firings {
		if there := countFirings(t, db, id); there != n {
			t.Errorf("schedule %s has %d firings and %d runs", id, there, n)
		}
	}
}

func countFirings(t *testing.T, db *sqlite.DB, id string) (n int) {
	t.Helper()
	q := store.FiringQuery{ScheduleID: id}
	for {
		page, err := db.Firings(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if n += len(page); len(page) < store.MaxPage {
			return n
		}
		q.From = page[len(page)-1].DueAt.Add(time.Second)
	}
}

//go:build unix

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// holdNowAndThen holds schedules for a few seconds, until ctx is done. Nobody has to
// answer: verify knows what was in force.
func holdNowAndThen(ctx context.Context, at func() string) {
	for pause(ctx, rand.N(2*time.Second)) == nil {
		tag := chaosGroups[rand.IntN(len(chaosGroups))].name
		until := time.Now().Add(rand.N(5 * time.Second)).UTC().Format(time.RFC3339Nano)
		_, _ = ask(ctx, http.MethodPost, at()+"/api/v1/holds", fmt.Sprintf(`{"tag":%q,"reason":"repairs","until":%q}`, tag, until), nil)
	}
}

// longWait is how long a run waits at most when all is well: for its queue, its pool
// and its next attempt.
const longWait = 15 * time.Second

// nothingWaitsLong says whether all that waits was made a moment ago.
func (c *chaos) nothingWaitsLong() bool {
	cursor := ""
	for {
		var page struct {
			Runs []struct {
				CreatedAt    time.Time `json:"created_at"`
				ScheduleID   string    `json:"schedule_id"`
				AttemptCount int       `json:"attempt_count"`
			} `json:"runs"`
			NextCursor string `json:"next_cursor"`
		}
		status, err := ask(c.t.Context(), http.MethodGet, c.hosts[0].at()+"/api/v1/runs?state=waiting&limit=1000"+cursor, "", &page)
		if err != nil || status != http.StatusOK {
			c.note("listing what waits: %d, %v", status, err)
			return false
		}
		for _, r := range page.Runs {
			if waits := time.Since(r.CreatedAt); waits > longWait {
				c.note("a run of %s waits for %s, after %d attempts", r.ScheduleID, waits.Round(time.Second), r.AttemptCount)
				return false
			}
		}
		if page.NextCursor == "" {
			return true
		}
		cursor = "&cursor=" + page.NextCursor
	}
}

// checkAttempts sees that no run was executed more often than it has attempts, that
// each that was executed is in the ledger, and that each that succeeded was executed.
func checkAttempts(t *testing.T, runs map[string]run.Run, executed []execution) {
	t.Helper()
	times := map[string]int{}
	for _, x := range executed {
		times[x.run]++
	}
	retried := 0
	for id, n := range times {
		r, found := runs[id]
		if !found {
			t.Errorf("run %s was executed and is not in the ledger", id)
		} else if n > r.Attempts {
			t.Errorf("run %s of %s was executed %d times in %d attempts", id, r.ScheduleID, n, r.Attempts)
		}
		if n > 1 {
			retried++
		}
	}
	for id, r := range runs {
		if r.State == run.Succeeded && times[id] == 0 {
			t.Errorf("run %s is said to have succeeded and was not executed", id)
		}
	}
	t.Logf("%d runs were executed more than once", retried)
}

// checkOpen sees that nothing runs when all hosts have ended. What waits belongs to
// none of them, and waits for the next.
func checkOpen(t *testing.T, runs map[string]run.Run) {
	t.Helper()
	waits := 0
	for id, r := range runs {
		switch r.State {
		case run.Running:
			t.Errorf("run %s of %s still runs", id, r.ScheduleID)
		case run.Waiting:
			waits++
		}
	}
	t.Logf("%d runs wait", waits)
}

// checkPool sees that no more of a pool was executed at a time than it has slots, on
// all hosts together.
func checkPool(t *testing.T, runs map[string]run.Run, executed []execution) {
	t.Helper()
	type step struct {
		at time.Time
		by int
	}
	var steps []step
	for _, x := range executed {
		if runs[x.run].Pool != "" {
			steps = append(steps, step{x.begin, 1}, step{x.end, -1})
		}
	}
	slices.SortFunc(steps, func(a, b step) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return a.by - b.by
	})
	now, most := 0, 0
	for _, s := range steps {
		now += s.by
		most = max(most, now)
	}
	if most > chaosSlots {
		t.Errorf("%d of a pool were executed at a time, which has %d slots", most, chaosSlots)
	}
	t.Logf("%d executions of a pool, %d at a time", len(steps)/2, most)
}

// checkFollowUps sees that what follows a run was made once for each that has ended,
// but for those that are still to be followed.
func checkFollowUps(t *testing.T, st store.Store, runs map[string]run.Run) {
	t.Helper()
	later := map[string]bool{}
	all, err := st.Unfollowed(t.Context(), store.MaxPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		later[r.ID] = true
	}
	steps, starts := map[string]int{}, map[string]int{}
	for _, r := range runs {
		switch {
		case r.ParentID == "":
		case r.Step != "":
			steps[r.ParentID]++
		default:
			starts[r.ParentID]++
		}
	}
	followed := 0
	for id, r := range runs {
		if len(r.ScheduleID) < 6 || r.ScheduleID[:6] != "chain." || r.Step != "" || r.State.Open() {
			continue
		}
		start := 0
		if r.State == run.Succeeded {
			start = 1
		}
		got, want := [2]int{steps[id], starts[id]}, [2]int{1, start}
		if got != want && !(later[id] && got[0] <= want[0] && got[1] <= want[1]) {
			t.Errorf("run %s of %s, which ended as %s (%s), was followed by %v, not %v", id, r.ScheduleID, r.State, r.Reason, got, want)
		}
		followed++
	}
	t.Logf("%d runs were followed, %d are to be", followed, len(later))
}

// checkVerify has the program itself compare the ledger with what should be in it.
func checkVerify(t *testing.T, c *chaos) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "verify", "-config", c.config, "-var", "name=verify")
	cmd.Env = append(os.Environ(), asProgram+"=1", "DATABASE_URL="+c.db.URL(c.url))
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("verify: %v", err)
	}
	t.Logf("verify:\n%s", said[:min(len(said), 5000)])
}

package sqlite

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"butlerd/host/run"
	"butlerd/host/store"
)

// step is a line of a query plan.
type step struct {
	parent int
	text   string
}

func plan(t *testing.T, d *DB, query string, args []any) []step {
	t.Helper()
	rows, err := d.writer.conn.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var steps []step
	for rows.Next() {
		var s step
		var id, unused int
		if err := rows.Scan(&id, &s.parent, &unused, &s.text); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, s)
	}
	if err := rows.Err(); err != nil || len(steps) == 0 {
		t.Fatalf("the plan has %d steps: %v", len(steps), err)
	}
	return steps
}

// readsHistory says which step of a plan goes over history: one that scans a
// table, or that sorts what was not limited before. The open runs of a schedule
// are no history.
func readsHistory(steps []step) string {
	history := []string{"runs", "r", "attempts", "a", "firings", "f", "versions", "v", "run_log"} // and their aliases
	for _, s := range steps {
		for _, table := range history {
			if s.text == "SCAN "+table || strings.HasPrefix(s.text, "SCAN "+table+" ") {
				return s.text
			}
		}
		if !strings.Contains(s.text, "TEMP B-TREE") {
			continue
		}
		for _, other := range steps {
			if other.parent == s.parent && strings.HasPrefix(other.text, "SEARCH") && !strings.Contains(other.text, "INDEX runs_open ") {
				return s.text + " after " + other.text
			}
		}
	}
	return ""
}

func TestPlansOfLists(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	for _, id := range []string{"", "s"} {
		for n := range len(run.States()) + 1 {
			q := store.RunQuery{ScheduleID: id, States: run.States()[:n]}
			t.Run(fmt.Sprintf("a list of schedule %q in %d states reads no history", id, n), func(t *testing.T) {
				query, args := listQuery(q, 50)
				steps := plan(t, d, query, args)
				if bad := readsHistory(steps); bad != "" {
					t.Errorf("%s\nin %v", bad, steps)
				}
				const whole = "state=? AND created_at>? AND (created_at,id)<(?,?)"
				for _, s := range steps {
					if strings.HasPrefix(s.text, "SEARCH runs USING COVERING") && !strings.Contains(s.text, whole) {
						t.Errorf("the index is not used whole: %s", s.text)
					}
				}
			})
		}
	}
}

func TestPlansOfWrites(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	for name, s := range map[string]struct {
		query string
		width int
	}{
		"deciding claims":                 {factsQuery, 5},
		"listing firings":                 {firingsQuery, 4},
		"finding what waits":              {waitingQuery, 1},
		"starting attempts":               {startQuery, 2},
		"keeping log entries":             {logQuery, 9},
		"what schedules have behind them": {pastQuery, 1},
		"finding a lease":                 {leaseQuery, 1},
		"ending attempts":                 {endAttemptQuery, 12},
		"ending runs":                     {endRunQuery, 6},
		"finding a key":                   {"SELECT id FROM runs WHERE " + keyCondition, 2},
	} {
		t.Run(name+" reads no history", func(t *testing.T) {
			steps := plan(t, d, spell(statement{s.query, 1}, s.width), make([]any, s.width))
			if bad := readsHistory(steps); bad != "" {
				t.Errorf("%s\nin %v", bad, steps)
			}
		})
	}
}

func TestReadsHistoryTellsBadPlans(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	for _, query := range []string{
		"SELECT id FROM runs ORDER BY created_at LIMIT 1",
		"SELECT id FROM runs WHERE state IN ('lost', 'failed') ORDER BY created_at LIMIT 1",
		"SELECT * FROM firings WHERE run_id = 'x'",
	} {
		if steps := plan(t, d, query, nil); readsHistory(steps) == "" {
			t.Errorf("%s: nothing is said against %v", query, steps)
		}
	}
}

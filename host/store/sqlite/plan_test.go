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
	history := []string{"runs", "r", "attempts", "a", "firings", "f", "versions", "v", "run_log", "key_values"} // and their aliases
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
		"listing versions":                {versionsOfQuery, 1},
		"finding what waits":              {readyQuery, 2},
		"finding pools":                   {poolsQuery, 1},
		"finding pools of retries":        {laterPoolsQuery, 1},
		"counting what a pool runs":       {pooledQuery, 1},
		"finding what runs of a schedule": {runningQuery, 1},
		"finding what is open":            {isOpenQuery, 1},
		"reading what is taken":           {runsQuery, 1},
		"adding a later attempt":          {addAttemptQuery, 5},
		"having runs wait again":          {waitAgainQuery, 4},
		"filing firings":                  {keepQuery, 1},
		"settling firings":                {settleQuery, 8},
		"finding what waits too long":     {"SELECT id FROM runs " + expiredQuery, 1},
		"finding a last attempt":          {lastQuery, 1},
		"finding when to do something":    {nextAtQuery, 1},
		"keeping a checkpoint":            {checkpointQuery, 4},
		"listing what to follow":          {unfollowedQuery, 1},
		"listing what followed":           {childrenQuery, 2},
		"keeping what was followed":       {followedQuery, 1},
		"finding what was held":           {heldQuery, 1},
		"finding old runs":                {oldRunsQuery(), 2},
		"finding other old rows":          {isOldQuery, 1},
		"deleting a log":                  {deleteLogQuery, 2},
		"deleting firings":                {deleteFiringsQuery, 2},
		"deleting versions":               {deleteVersionsQuery, 2},
		"listing settlements":             {settlementsQuery, 8},
		"listing runs of firings":         {firingRunsQuery, 8},
		"starting attempts":               {startQuery, 2},
		"keeping log entries":             {logQuery, 9},
		"what schedules have behind them": {pastQuery, 1},
		"finding a lease":                 {leaseQuery, 1},
		"ending attempts":                 {endAttemptQuery, 12},
		"ending runs":                     {endRunQuery, 6},
		"getting a value":                 {keyValueQuery, 3},
		"listing keys":                    {keysQuery, 2},
		"finding a namespace":             {namespaceQuery, 1},
		"counting keys":                   {countedQuery, 1},
		"finding a value that is kept":    {keptValueQuery, 3},
		"replacing a value":               {replaceQuery, 5},
		"deleting an expired value":       {deleteExpiredQuery, 3},
		"removing a value":                {removeQuery, 3},
		"removing a namespace":            {removeSomeQuery, 3},
		"removing what has expired":       {deleteSeqs(expiredOfAllQuery), 2},
		"removing some that has expired":  {deleteSeqs(expiredOfOneQuery), 3},
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

// TestIndicesThatArePlanned are those that a query would be right without, and slow.
func TestIndicesThatArePlanned(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	for name, s := range map[string]struct {
		query string
		width int
		wants []string // parts of steps
	}{
		"what waits is read in order, from the index alone": {readyQuery, 2, []string{"USING COVERING INDEX runs_waiting (plugin=? AND pool=?)"}},
		"retries are found by their time":                   {laterQuery, 3, []string{"USING COVERING INDEX runs_later (plugin=? AND pool=? AND ready_at>? AND ready_at<?)"}},
		"a pool is counted in the index alone":              {pooledQuery, 1, []string{"USING COVERING INDEX runs_pooled (pool=?)"}},
		"what waits is counted in the indices alone":        {countWaitingQuery, 0, []string{"USING COVERING INDEX runs_waiting", "USING COVERING INDEX runs_later"}},
		"claims look for open runs by their schedule":       {factsQuery, 5, []string{"USING INDEX runs_open (schedule_id=?)", "USING INDEX runs_open (schedule_id=? AND <expr>=?)"}},
		"holds are found by their end":                      {inForceQuery, 1, []string{"USING INDEX holds_end (ends_at>?)"}},
		"settlements are read in order of their key":        {settlementsQuery, 8, []string{"SEARCH firings USING PRIMARY KEY ((schedule_id,due_at)>(?,?))"}},
		"those of a day are found by their time":            {settledQuery, 8, []string{"USING COVERING INDEX firings_settled (settled_at>? AND settled_at<?)"}},
		"runs of firings are read in order":                 {firingRunsQuery, 8, []string{"USING INDEX runs_fired ((schedule_id,due_at,id)>(?,?,?))"}},
		"old runs are the first of each state":              {oldRunsQuery(), 2, []string{"USING INDEX runs_state (state=? AND created_at<?)"}},
		"the newest runs are counted in the index alone":    {cutoffQuery(), 1, []string{"MERGE (UNION ALL)", "USING COVERING INDEX runs_state (state=?)"}},
		"keys are read in order":                            {keysQuery, 2, []string{"USING INDEX key_values_order (namespace=?)"}},
		"a value is found by its name":                      {keyValueQuery, 3, []string{"(namespace=? AND key=?)"}},
		"what has expired is found by its time":             {deleteSeqs(expiredOfAllQuery), 2, []string{"USING COVERING INDEX key_values_expire (expires_at>? AND expires_at<?)", "USING INTEGER PRIMARY KEY"}},
		"and so is that of a namespace":                     {deleteSeqs(expiredOfOneQuery), 3, []string{"USING COVERING INDEX key_values_expire_of (namespace=? AND expires_at>? AND expires_at<?)"}},
		"when to do something is read from two ends":        {nextAtQuery, 1, []string{"INDEX runs_ready (ready_at>?)", "INDEX runs_expire (wait_until>?)"}},
	} {
		t.Run(name, func(t *testing.T) {
			var all []string
			for _, step := range plan(t, d, spell(statement{s.query, 1}, s.width), make([]any, s.width)) {
				all = append(all, step.text)
			}
			for _, want := range s.wants {
				if !strings.Contains(strings.Join(all, "\n"), want) {
					t.Errorf("%q is not in\n%s", want, strings.Join(all, "\n"))
				}
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

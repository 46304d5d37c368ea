package postgres

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/run"
	"butlerd/host/store"
	"butlerd/host/store/postgres/pgtest"
)

// seed makes a history of 20,000 runs of a hundred schedules, of which 200 are
// open, and has the planner look at it.
const seed = `
INSERT INTO schedules (id, version, source, origin, started, created_at, since, by, cron, timezone, definition, revision)
	SELECT 's' || i, 1, 'api', '', true, now(), now(), '', '* * * * *', 'UTC', '{}', 1 FROM generate_series(0, 99) i;
INSERT INTO versions (schedule_id, version, source, origin, started, created_at, since, until, by, cron, timezone, definition, ended_revision)
	SELECT 's' || i % 100, i / 100, 'api', '', true, now(), now(), now(), '', '* * * * *', 'UTC', '{}', i FROM generate_series(0, 2999) i;
INSERT INTO runs (id, schedule_id, schedule_name, version, trigger, by, idempotency_key, due_at, created_at, started_at, ended_at,
	state, reason, action, plugin, summary, error, attempts, skips, step, parent_id, pool, priority, ready_at, wait_until,
	resume, overlap, on_lost, max_attempts, lost_wait, max_wait, follow)
	SELECT 'r' || i, 's' || i % 100, '', 1, 'firing', '', CASE WHEN i % 5 = 0 THEN 'k' || i ELSE '' END,
		'2026-01-01'::timestamptz + i * interval '1 minute', '2026-01-01'::timestamptz + i * interval '1 minute', now(),
		CASE WHEN i % 100 > 0 THEN now() END,
		CASE WHEN i % 200 = 0 THEN 'waiting' WHEN i % 100 = 0 THEN 'running' WHEN i % 10 = 1 THEN 'failed' ELSE 'succeeded' END,
		'', 'a', 'p', '', '', 1, false, '', CASE WHEN i % 9 = 0 THEN 'r' || i / 9 ELSE '' END, CASE WHEN i % 400 = 0 THEN 'pool' ELSE '' END, 0,
		CASE WHEN i % 600 = 0 THEN now() END, CASE WHEN i % 800 = 0 THEN now() END, 0,
		CASE WHEN i % 400 = 200 THEN 'queue' ELSE '' END, '', 0, 0, 0, i % 1000 = 0 FROM generate_series(1, 20000) i;
INSERT INTO firings SELECT schedule_id, due_at, 'ran', '', id, 1, created_at, '' FROM runs;
INSERT INTO attempts SELECT id, 1, 'h' || length(id), state, '', created_at, ended_at, '', '', NULL, 0, 0, 0, 0, NULL, 3 FROM runs WHERE state <> 'waiting';
INSERT INTO run_log SELECT id, 1, n, created_at, 'line', 'info', 'text', NULL FROM runs, generate_series(1, 3) n;
INSERT INTO hosts (id, name, joined_at, lease, lease_until, report) SELECT 'h' || i, '', now(), 1, now(), '{}' FROM generate_series(1, 5) i;
INSERT INTO orders (host_id, kind, run_id) SELECT 'h' || i % 5, 'drain', '' FROM generate_series(1, 500) i;
INSERT INTO key_value_namespaces (name, keys) SELECT 'n' || i, 100 FROM generate_series(0, 99) i;
INSERT INTO key_values (namespace, key, value, bytes, expires_at)
	SELECT 'n' || i / 100, 'k' || i % 100, 'value', 8, CASE WHEN i % 3 = 0 THEN now() + i * interval '1 second' END FROM generate_series(0, 9999) i;
`

// hot are the queries that are asked all the time, with arguments.
func hot() map[string][]any {
	now, texts, numbers := time.Now(), []string{"a", "b"}, []int64{1, 2}
	times, flags := []time.Time{now, now}, []bool{true, false}
	ends := []store.AttemptEnd{{RunID: "r1", Number: 1, HostID: "h5"}, {RunID: "r2", Number: 1, HostID: "h5"}}
	entries := []run.LogEntry{{RunID: "r1", Attempt: 1, Seq: 9, At: now}}
	all := map[string][]any{
		"deciding claims": {factsQuery, texts, times, texts, texts},
		"claiming": {claimQuery, texts, times, texts, texts, texts, texts, numbers, texts, texts, texts, texts, texts, flags,
			texts, numbers, times, texts, texts, numbers, numbers, numbers, flags, now, "h5"},
		"what is open":              {openRunsQuery, texts},
		"what is claimed":           {ownRunsQuery, texts},
		"replacing":                 {replaceQuery, texts, now},
		"what is bound":             {boundQuery, "h5", now, "p", 10, []string{"s7"}},
		"choosing":                  {candidatesQuery, "h5", now, "p", 10, []string{"s7"}, []string{"pool"}, []int64{50}},
		"starting":                  {startThese, "h5", now, texts},
		"giving up":                 {expireQuery, now, 10},
		"what comes next":           {nextQuery, now},
		"what is unfollowed":        {unfollowedQuery, 10},
		"following":                 {followedQuery, texts},
		"what followed":             {childrenQuery, "r7", 10},
		"noting":                    {checkpointQuery, "r1", 1, "h5", "{}"},
		"what waits later":          {laterQuery},
		"abandoning":                {abandonQuery, "r1", "cancelled", "", now, ""},
		"settlements":               {settlementsQuery, time.Time{}, now, time.Time{}, now, "s5", now, 100},
		"settled on a day":          {daySettlementsQuery, time.Time{}, now, now, now, "s5", now, 100, now},
		"runs of firings":           {firingRunsQuery, time.Time{}, now, time.Time{}, now, "s5", now, "", 100},
		"counting backwards":        {cutoffQuery("DESC"), 9},
		"counting forwards":         {cutoffQuery("ASC"), 9},
		"old runs":                  {oldRunsQuery(), now, 10},
		"old firings":               {pruneFiringsQuery, now, 10},
		"old versions":              {pruneVersionsQuery, now, 10},
		"old logs":                  {pruneLogsQuery, texts, 10},
		"deleting runs":             {pruneRunsQuery, texts},
		"latest of some":            {latestQuery, texts},
		"releasing":                 {releaseQuery, "hold", now, ""},
		"proving the end of a wait": {expiredQuery, "r1", now, "lost", ""},
		"taking":                    {takeQuery, "h5", now, "p", 10, []string{"s7"}},
		"ending":                    append([]any{endQuery}, endArgs(ends, []int{0, 1})...),
		"logging":                   append(append([]any{logQuery}, entryArgs(entries)...), []string{"h5"}),
		"a run's log":               {runLogQuery, "r1", 0, 0, 100},
		"listing firings":           {firingsQuery, "s1", time.Time{}, now, 100},
		"finding a key":             {keyQuery, "s1", "k5"},
		"finding changes":           {"SELECT id FROM schedules WHERE " + changedCondition, 5},
		"finding the gone":          {deletedQuery, 2990},
		"reading orders":            {ordersQuery, "h5"},
		"taking orders":             {seenQuery, "h5", numbers, texts, texts},
		"proving a take":            {takenQuery, "r1", 1, "h5", now},
		"proving a change":          {changedQuery, "s1", 1, now, true, "{}"},
		"proving an end":            {endedQuery, "s1", 1, now, 1},
		"before a change":           {beforeQuery, texts, flags},
		"what is declared":          {"SELECT schedule_id FROM declared WHERE host_id = $1", "h5"},
		"versions of a schedule":    {versionsOfQuery, "s5"},
		"losing attempts":           {loseQuery("a.host_id = ANY ($2::text[])"), now, []string{"h5"}},
		"losing the rest":           {loseQuery(ofNobody), now},
		"cancelling":                {cancelWaitingQuery, now, now},
		"triggering": append(append([]any{triggerQuery, "new", "s1", "", "api", "", "k5", now, now, true, "a", "p", "h5", "", "", "", 0, nil},
			keptValues(store.Kept{})...), nil),
		"getting a value":        {keyValueQuery, "n1", now, "k1"},
		"finding a namespace":    {namespaceQuery, "n1"},
		"listing keys":           {keysQuery, "n1", now},
		"counting keys":          {countedQuery, texts},
		"what is kept":           {keptValuesQuery, texts, texts, now},
		"putting":                {putQuery, texts, texts, texts, times, numbers, now},
		"keeping counts":         {addKeysQuery, texts, numbers},
		"removing a value":       {removeQuery, "n1", now, "k1"},
		"removing a namespace":   {removeSomeQuery, "n1", 200, 4 << 20},
		"removing what expired":  {expiredOfAllQuery, now, 10},
		"removing some that did": {expiredOfOneQuery, now, 10, "n1"},
	}
	for _, id := range []string{"", "s1"} {
		for n := range len(run.States()) + 1 {
			query, args := listQuery(store.RunQuery{ScheduleID: id, States: run.States()[:n]}, 50)
			all[fmt.Sprintf("a list of %q in %d states", id, n)] = append([]any{query}, args...)
		}
	}
	return all
}

var history = regexp.MustCompile(`Seq Scan on (runs|firings|attempts|run_log|versions|key_values)\b`)

// sortedRows is in a plan that puts rows in order that were not limited before.
var sortedRows = regexp.MustCompile(`Sort Key: .*created_at`)

func TestPlans(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, err := Open(ctx, Options{URL: pgtest.Shared(t).NewDatabase(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, seed); err != nil {
		t.Fatal(err)
	}
	for _, statistics := range []string{"none", "fresh"} {
		if statistics == "fresh" {
			if _, err := conn.Exec(ctx, "ANALYZE"); err != nil {
				t.Fatal(err)
			}
		}
		// The second is how a plan is made that is kept for all arguments.
		for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
			if _, err := conn.Exec(ctx, "SET plan_cache_mode = "+mode); err != nil {
				t.Fatal(err)
			}
			for name, call := range hot() {
				plan := explain(t, conn.Conn(), call[0].(string), call[1:]...)
				if bad := history.FindString(plan); bad != "" {
					t.Errorf("%s with %s statistics and %s: %s in\n%s", name, statistics, mode, bad, plan)
				}
				checkValues(t, name, plan)
				if strings.HasPrefix(name, `a list of ""`) {
					checkList(t, name, plan)
				}
			}
		}
	}
}

// wholeIndex is in a plan that goes over all values by way of an index, and valueSort
// in one that puts all that expire in order.
var (
	wholeIndex = regexp.MustCompile(`Index (?:Only )?Scan using key_values\w* on key_values[^\n]*\n(\s*)(\S[^\n]*)`)
	valueSort  = regexp.MustCompile(`Sort Key: .*expires_at`)
)

// checkValues holds a query of values to those that it is about.
func checkValues(t *testing.T, name, plan string) {
	t.Helper()
	for _, m := range wholeIndex.FindAllStringSubmatch(plan+"\n-", -1) {
		if !strings.HasPrefix(m[2], "Index Cond:") {
			t.Errorf("%s goes over an index:\n%s", name, plan)
		}
	}
	if valueSort.MatchString(plan) {
		t.Errorf("%s sorts values:\n%s", name, plan)
	}
}

// checkList holds a list to reading no more than its page from each state.
func checkList(t *testing.T, name, plan string) {
	t.Helper()
	if sortedRows.MatchString(plan) && !strings.Contains(plan, "Merge Append") && strings.Count(plan, "Limit") < 2 {
		t.Errorf("%s sorts what it has not limited:\n%s", name, plan)
	}
	if !strings.Contains(plan, "runs_state") {
		t.Errorf("%s does not use its index:\n%s", name, plan)
	}
}

func explain(t *testing.T, conn *pgx.Conn, query string, args ...any) string {
	t.Helper()
	ctx := context.Background()
	tx, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(ctx)
	rows, err := tx.Query(ctx, "EXPLAIN "+query, args...)
	if err != nil {
		t.Fatalf("%v in %s", err, query)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%v in %s", err, query)
	}
	return strings.Join(lines, "\n")
}

func TestHistoryTellsBadPlans(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, pgtest.Shared(t).NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE TABLE runs (id text, error text)"); err != nil {
		t.Fatal(err)
	}
	if plan := explain(t, conn, "SELECT id FROM runs WHERE error = 'x'"); !history.MatchString(plan) {
		t.Errorf("nothing is said against\n%s", plan)
	}
}

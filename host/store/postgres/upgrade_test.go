package postgres

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"butlerd/host/run"
	"butlerd/host/store"
	"butlerd/host/store/postgres/pgtest"
)

// Rows as a butlerd of version 1 writes them.
const (
	runOfVersion1 = `INSERT INTO runs (id, schedule_id, schedule_name, version, trigger, by, idempotency_key, due_at, created_at,
	state, reason, action, plugin, summary, error, attempts, skips)
	VALUES ('r', 's', '', 1, 'firing', '', '', now(), now(), 'running', '', 'a', 'p', '', '', 1, true)`
	attemptOfVersion1 = `INSERT INTO attempts (run_id, number, host_id, started_at, state, reason, summary, error, log_lines, log_bytes, dropped)
	VALUES ('r', 1, 'h', now(), 'running', '', '', '', 0, 0, 0)`
	firingOfVersion1 = `INSERT INTO firings (schedule_id, due_at, outcome, reason, run_id, version, settled_at)
	VALUES ('s', now(), 'ran', '', 'r', 1, now())`
)

// version1 is a database as version 1 left it, with a run that is open.
func version1(t *testing.T) (url string, conn *pgx.Conn) {
	t.Helper()
	ctx := context.Background()
	url = pgtest.Shared(t).NewDatabase(t)
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(ctx) })
	all, err := known()
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{all[0].sql, `CREATE TABLE schema_versions (version bigint PRIMARY KEY, compatible_from bigint NOT NULL,
		applied_at timestamptz NOT NULL DEFAULT clock_timestamp())`, "INSERT INTO schema_versions VALUES (1, 1)",
		runOfVersion1, attemptOfVersion1, firingOfVersion1,
		"INSERT INTO counts VALUES ('firings', 'ran', 1), ('runs', 'running', 1)"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatalf("%v in %s", err, sql)
		}
	}
	return url, conn
}

func TestTheLedgerOfVersion1(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url, conn := version1(t)
	db, err := Open(ctx, Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })

	t.Run("goes on without any policy", func(t *testing.T) {
		joined, err := db.Join(ctx, store.Host{ID: "new"})
		if err != nil || len(joined.Ended) != 1 || joined.Ended[0].State != run.Lost {
			t.Fatalf("joining: %+v, %v", joined, err)
		}
		found, err := db.Settlements(ctx, store.SettlementQuery{})
		if err != nil || len(found) != 1 || found[0].RunID != "r" || found[0].HoldID != "" {
			t.Errorf("the settlements are %+v, %v", found, err)
		}
		runs, err := db.FiringRuns(ctx, store.SettlementQuery{})
		if err != nil || len(runs) != 1 || runs[0].State != run.Lost {
			t.Errorf("the runs of firings are %+v, %v", runs, err)
		}
	})
	t.Run("takes nothing from a host of version 1 any more", func(t *testing.T) {
		for _, query := range []string{runOfVersion1, attemptOfVersion1, firingOfVersion1} {
			query = strings.NewReplacer("('r'", "('r2'", "('s'", "('s2'", ", true)", ", false)").Replace(query)
			if _, err := conn.Exec(ctx, query); code(err) != "23502" {
				t.Errorf("got the error %v for %s", err, query)
			}
		}
	})
	t.Run("is refused by a butlerd that knows version 1", func(t *testing.T) {
		s, err := db.schema(ctx)
		if s.Known = 1; err != nil || s.check() == nil {
			t.Errorf("%+v, %v is accepted", s, err)
		}
	})
}

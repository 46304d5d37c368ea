package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

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

// Rows as a butlerd of version 2 writes them.
const (
	attemptOfVersion2 = `INSERT INTO attempts (run_id, number, host_id, started_at, resumes, state, reason, summary, error, log_lines, log_bytes, dropped)
	VALUES ('waits', 1, 'h', now(), 0, 'running', '', '', '', 0, 0, 0)`
	followedByVersion2 = "UPDATE runs SET follow = false WHERE id = 'ended'"
)

// TestAHostOfVersion2 is one that was running when the schema was brought up to date.
func TestAHostOfVersion2(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := openInternal(t)
	if _, err := d.Join(ctx, store.Host{ID: "h"}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"waits", "ended"} {
		_, _, err := d.Trigger(ctx, store.Trigger{HostID: "h", Start: id == "ended", Policy: store.Policy{Follow: true}, Run: run.Run{
			ID: id, Trigger: run.ByAPI, DueAt: time.Now(), CreatedAt: time.Now(), Work: &run.Work{Arguments: []byte("{}")},
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if done, err := d.End(ctx, store.AttemptEnd{RunID: "ended", Number: 1, HostID: "h", At: time.Now(), State: run.Succeeded}); err != nil || !done {
		t.Fatal(done, err)
	}
	for query, want := range map[string]string{attemptOfVersion2: "23502", followedByVersion2: "23514"} {
		if _, err := d.pool.Exec(ctx, query); code(err) != want {
			t.Errorf("got the error %v for %s", err, query)
		}
	}
	if err := d.Followed(ctx, []string{"ended"}); err != nil {
		t.Error(err)
	}
	s, err := d.schema(ctx)
	if s.Known = 2; err != nil || s.check() == nil {
		t.Errorf("%+v, %v is accepted by a butlerd that knows version 2", s, err)
	}
}

func TestHostsOfAnEarlierVersionThatHoldALease(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url, conn := version1(t)
	for _, sql := range []string{
		"INSERT INTO hosts VALUES ('1', 'east', now(), NULL, 60000000, now() + interval '1 minute', NULL, '{}')",
		"INSERT INTO hosts VALUES ('2', 'gone', now(), now(), 60000000, now() + interval '1 minute', NULL, '{}')",
		"INSERT INTO hosts VALUES ('3', 'west', now(), NULL, 60000000, now() + interval '1 minute', NULL, '{}')",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	refused := func() {
		t.Helper()
		d, err := Open(ctx, Options{URL: url})
		if err == nil {
			d.Close()
		}
		_, _, migrating := Migrate(ctx, Options{URL: url})
		for _, err := range []error{err, migrating} {
			if err == nil || !strings.Contains(err.Error(), "east, west; stop them first") || errors.Is(err, store.ErrUnavailable) {
				t.Errorf("got the error %v", err)
			}
		}
		if s, err := Status(ctx, Options{URL: url}); err != nil || s.Schema.Version != 1 {
			t.Errorf("the schema has version %d, %v", s.Schema.Version, err)
		}
	}
	refused()
	// That a lease has run out counts once the server is up for as long as it lasts.
	for _, sql := range []string{"UPDATE hosts SET ended_at = now() WHERE id = '1'", "UPDATE hosts SET lease = 1, lease_until = now() WHERE id = '3'"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	if _, to, err := Migrate(ctx, Options{URL: url}); err != nil || to.Version != to.Known {
		t.Errorf("migrated to %+v, %v", to, err)
	}
}

func openInternal(t *testing.T) *DB {
	t.Helper()
	d, err := Open(context.Background(), Options{URL: pgtest.Shared(t).NewDatabase(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

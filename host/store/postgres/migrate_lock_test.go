package postgres

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/store/postgres/pgtest"
)

// TestANewerHostMigratesMeanwhile has a host find no schema, wait for the lock of
// migrations, and then find one that it cannot use.
func TestANewerHostMigratesMeanwhile(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	url := pgtest.Shared(t).NewDatabase(t)
	newer, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer newer.Close(context.Background())
	execute := func(query string, args ...any) {
		t.Helper()
		if _, err := newer.Exec(ctx, query, args...); err != nil {
			t.Fatal(err)
		}
	}
	execute("SELECT pg_advisory_lock($1)", migrateLock())
	opened := make(chan error, 1)
	go func() {
		d, err := Open(ctx, Options{URL: url})
		if err == nil {
			d.Close()
		}
		opened <- err
	}()
	awaitWaiting(ctx, t, newer)
	execute(`CREATE TABLE schema_versions (version bigint PRIMARY KEY, compatible_from bigint NOT NULL, applied_at timestamptz)`)
	execute("INSERT INTO schema_versions (version, compatible_from) VALUES (1000, 1000)")
	execute("SELECT pg_advisory_unlock($1)", migrateLock())
	if err := <-opened; err == nil || !strings.Contains(err.Error(), "newer butlerd") {
		t.Errorf("opening: got the error %v", err)
	}
}

// awaitWaiting waits until somebody waits for an advisory lock of the database.
func awaitWaiting(ctx context.Context, t *testing.T, conn *pgx.Conn) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		var waits bool
		err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
			WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database())`).Scan(&waits)
		if err != nil {
			t.Fatal(err)
		}
		if waits {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal("nobody waits for the lock")
		case <-ticker.C:
		}
	}
}

package host_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host"
	"butlerd/host/config"
	"butlerd/host/store/postgres"
	"butlerd/host/store/postgres/pgtest"
	"butlerd/sdk"
)

// doing is a log that tells which step of a start waits for the store.
type doing chan string

// Write takes one line.
func (d doing) Write(line []byte) (int, error) {
	if _, step, found := strings.Cut(string(line), `doing=`); found && strings.Contains(string(line), "store unavailable, the start") {
		d <- step
	}
	return len(line), nil
}

// TestStartMeetsOutage loses the database in the middle of a step of the start. It
// is seen to be in the middle as it waits for a lock.
func TestStartMeetsOutage(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, "fsync=off")
	for table, step := range map[string]string{"hosts": "joining", "declared": `"taking up schedules"`} {
		t.Run("while "+strings.Trim(step, `"`), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			database := server.NewDatabase(t)
			proxy := pgtest.NewProxy(t, server.Addr())
			lock := locked(ctx, t, database, table)
			waits := make(doing, 1)
			h := onPostgres(t, strings.Replace(database, server.Addr(), proxy.Addr(), 1), waits)
			started := make(chan error, 1)
			go func() {
				_, err := h.Start(ctx)
				started <- err
			}()
			awaited(ctx, t, lock, table, started)
			proxy.Cut()
			select {
			case got := <-waits:
				if !strings.HasPrefix(got, step) {
					t.Errorf("the start waits, doing %s", got)
				}
			case err := <-started:
				t.Fatalf("the start ended: %v", err)
			}
			if err := lock.Rollback(ctx); err != nil {
				t.Fatal(err)
			}
			proxy.Heal()
			if err := <-started; err != nil {
				t.Fatal(err)
			}
			defer h.Stop()
			if all, err := h.Ledger().Schedules(ctx); err != nil || len(all) != 1 {
				t.Errorf("%d schedules, %v", len(all), err)
			}
		})
	}
}

// locked locks a table of a ledger that is made for it.
func locked(ctx context.Context, t *testing.T, database, table string) pgx.Tx {
	t.Helper()
	db, err := postgres.Open(ctx, postgres.Options{URL: database})
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	tx, err := conn.Begin(ctx)
	if err == nil {
		_, err = tx.Exec(ctx, "LOCK TABLE "+table+" IN ACCESS EXCLUSIVE MODE")
	}
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

// awaited waits until somebody waits for the lock on a table.
func awaited(ctx context.Context, t *testing.T, lock pgx.Tx, table string, started <-chan error) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for waiting := false; !waiting; {
		select {
		case err := <-started:
			t.Fatalf("the start ended: %v", err)
		case <-ticker.C:
		}
		err := lock.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = $1::regclass)", table).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// onPostgres makes a host whose store is a database.
func onPostgres(t *testing.T, database string, log doing) *host.Host {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "config.hcl")
	text := pluginBlock + everyMinute + fmt.Sprintf("store \"postgres\" {\n  url = %q\n}\n", database)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	h, diags, err := host.New(host.Options{
		Config:  config.Options{Paths: []string{path}, DataDir: filepath.Join(dir, "data"), Listen: "127.0.0.1:0"},
		Version: "test",
		Bundled: []host.Bundled{{Name: "tester", Make: func() sdk.Plugin { return tester() }}},
		Log:     slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(diags, err)
	}
	return h
}

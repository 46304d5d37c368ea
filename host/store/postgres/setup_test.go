package postgres_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"butlerd/host/store"
	"butlerd/host/store/postgres"
	"butlerd/host/store/postgres/pgtest"
	"butlerd/host/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func open(t testing.TB, o postgres.Options) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// opened is a DB that is closed at the end of the test.
func opened(t testing.TB, o postgres.Options) *postgres.DB {
	t.Helper()
	db := open(t, o)
	t.Cleanup(func() { db.Close() })
	return db
}

// fast is a server that does not wait for its disk, for tests that are not about
// what survives it.
func fast(t testing.TB) *pgtest.Server {
	return pgtest.Start(t, "fsync=off", "max_connections=400")
}

// single gives ledgers in databases of their own, for one host that never renews
// its lease.
func single(server *pgtest.Server) func(t testing.TB) storetest.Opener {
	return func(t testing.TB) storetest.Opener {
		o := postgres.Options{URL: server.NewDatabase(t), Lease: time.Hour}
		return func(t testing.TB) store.Store { return open(t, o) }
	}
}

// through is the same database, reached by another server's address.
func through(other, database string) string {
	return other[:strings.LastIndex(other, "/")] + database[strings.LastIndex(database, "/"):]
}

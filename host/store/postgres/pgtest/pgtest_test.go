package pgtest_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/store/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// must ends a test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// connect opens a connection for one test.
func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	must(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = c.Close(ctx)
	})
	return c
}

// write makes a table with one row.
func write(t *testing.T, url string) {
	t.Helper()
	_, err := connect(t, url).Exec(t.Context(), "CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)")
	must(t, err)
}

// kept fails unless the row of write is there.
func kept(t *testing.T, url string) {
	t.Helper()
	var n int
	must(t, connect(t, url).QueryRow(t.Context(), "SELECT count(*) FROM kept").Scan(&n))
	if n != 1 {
		t.Errorf("%d rows are left, want 1", n)
	}
}

// silent fails unless a query gets no answer for a while.
func silent(t *testing.T, c *pgx.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := c.Exec(ctx, "SELECT 1"); ctx.Err() == nil {
		t.Errorf("there was an answer: %v", err)
	}
}

func TestShared(t *testing.T) {
	t.Parallel()
	a, b := pgtest.Shared(t), pgtest.Shared(t)
	if a != b {
		t.Error("there are two shared servers")
	}
	one, two := a.NewDatabase(t), b.NewDatabase(t)
	write(t, one)
	write(t, two) // it would fail in the same database
}

func TestDatabaseIsDroppedWithItsTest(t *testing.T) {
	t.Parallel()
	s := pgtest.Shared(t)
	var url string
	t.Run("a test", func(t *testing.T) {
		url = s.NewDatabase(t)
		write(t, url)
	})
	if c, err := pgx.Connect(t.Context(), url); err == nil {
		_ = c.Close(t.Context())
		t.Error("the database is still there")
	}
}

func TestDataSurvives(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	url := s.NewDatabase(t)
	write(t, url)
	for name, stop := range map[string]func() error{
		"a restart":           func() error { return nil },
		"a fast stop":         func() error { return s.Stop(pgtest.Fast) },
		"an immediate stop":   func() error { return s.Stop(pgtest.Immediate) },
		"a kill":              s.Kill,
		"a stop in its sleep": s.Pause,
	} {
		if err := stop(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		must(t, s.Restart())
		kept(t, url)
	}
}

func TestKillEndsConnections(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	c := connect(t, s.NewDatabase(t))
	must(t, s.Kill())
	if _, err := c.Exec(t.Context(), "SELECT 1"); err == nil {
		t.Error("a killed server answers")
	}
	if err := s.Pause(); err == nil {
		t.Error("a killed server was paused")
	}
}

func TestPause(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	url := s.NewDatabase(t)
	write(t, url)
	c := connect(t, url)
	must(t, s.Pause())
	silent(t, c)
	must(t, s.Resume())
	kept(t, url)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t, "work_mem=1MB", "max_connections=20")
	c := connect(t, s.NewDatabase(t))
	for name, want := range map[string]string{"work_mem": "1MB", "max_connections": "20", "fsync": "on", "synchronous_commit": "on"} {
		var got string
		must(t, c.QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&got))
		if got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
}

func TestStandby(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	standby := s.Standby(t)
	db := s.NewDatabase(t)
	write(t, db)

	// While the standby is away, nothing is acknowledged.
	must(t, standby.Pause())
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := connect(t, db).Exec(ctx, "CREATE TABLE more ()"); ctx.Err() == nil {
		t.Errorf("a write was acknowledged without the standby: %v", err)
	}
	must(t, standby.Resume())

	url := standby.URL(db)
	if _, err := connect(t, url).Exec(t.Context(), "INSERT INTO kept VALUES (2)"); err == nil {
		t.Error("a standby takes writes")
	}
	must(t, s.Kill())
	must(t, standby.Promote())
	kept(t, url)
	_, err := connect(t, url).Exec(t.Context(), "INSERT INTO kept VALUES (2)")
	must(t, err)
}

func TestBouncer(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t, "max_connections=30")
	db := s.NewDatabase(t)
	write(t, db)
	url := s.Bouncer(t, db)
	kept(t, url)
	// A connection of the server serves whoever comes next: in transaction mode
	// more clients are there than connections.
	for range 40 {
		_, err := connect(t, url).Exec(t.Context(), "SELECT 1")
		must(t, err)
	}
}

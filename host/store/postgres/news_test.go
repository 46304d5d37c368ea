package postgres_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/store/postgres"
	"butlerd/host/store/postgres/pgtest"
)

// slow is a client that is slow to read what the server answers, as one is whose
// machine is busy: what it asks arrives, and the answers are held back while it is
// locked.
type slow struct{ sync.Mutex }

// url is where a database of the target is reached through it.
func (s *slow) url(t testing.TB, target, database string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			go s.forward(near, target)
		}
	}()
	return through("postgres://butlerd@"+ln.Addr().String()+"/postgres", database)
}

func (s *slow) forward(near net.Conn, target string) {
	defer near.Close()
	far, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer far.Close()
	go func() {
		_, _ = io.Copy(far, near)
		far.Close()
	}()
	buf := make([]byte, 1<<16)
	for {
		n, err := far.Read(buf)
		s.pass()
		if err != nil {
			return
		}
		if _, err := near.Write(buf[:n]); err != nil {
			return
		}
	}
}

// pass waits while answers are held back.
func (s *slow) pass() {
	s.Lock()
	defer s.Unlock()
}

// to is a store that is reached through it, and a connection that is not.
func (s *slow) to(ctx context.Context, t *testing.T, o postgres.Options) (*postgres.DB, *pgx.Conn) {
	t.Helper()
	server := pgtest.Shared(t)
	database := server.NewDatabase(t)
	direct, err := pgx.Connect(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { direct.Close(context.Background()) })
	o.URL = s.url(t, server.Addr(), database)
	return opened(t, o), direct
}

// TestNewsOfASlowHost sees that the server need not wait, within a transaction, for
// a host that takes its time with what it is told: it would end the transaction.
func TestNewsOfASlowHost(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var client slow
	db, direct := client.to(ctx, t, postgres.Options{MaxConnections: 1})
	if _, err := db.Join(ctx, store.Host{ID: "h"}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // it prepares all queries, also the one that ends an order
		if err := db.Order(ctx, store.Order{Kind: store.OrderDrain, HostID: "h"}); err != nil {
			t.Fatal(err)
		}
		if n, err := db.News(ctx, "h", 0); err != nil || len(n.Orders) != 1 {
			t.Fatal(n, err)
		}
	}
	client.Lock()
	told := make(chan error, 1)
	go func() {
		_, err := db.News(ctx, "h", 0)
		told <- err
	}()
	err := until(ctx, direct, 0, "SELECT count(*) FROM orders")
	client.Unlock()
	if err != nil {
		t.Errorf("the transaction is not committed while the host reads: %v", err)
	}
	if err := <-told; err != nil {
		t.Error(err)
	}
}

// TestAPausedTransaction lets the server end a transaction that waits for this side
// for too long. The same may succeed later.
func TestAPausedTransaction(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var client slow
	db, direct := client.to(ctx, t, postgres.Options{Lease: time.Second, MaxConnections: 1})
	change := func(id string) error {
		s := store.Schedule{Definition: schedule.Definition{ID: id, Cron: "* * * * *", Timezone: "UTC"}, Started: true}
		_, err := db.Change(ctx, []store.Change{{Kind: store.Create, Schedule: s, At: time.Now()}})
		return err
	}
	if err := change("first"); err != nil { // it prepares the queries
		t.Fatal(err)
	}
	const paused = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
	client.Lock()
	changed := make(chan error, 1)
	go func() { changed <- change("second") }()
	begun := until(ctx, direct, 1, paused)
	ended := until(ctx, direct, 0, paused)
	client.Unlock()
	if begun != nil || ended != nil {
		t.Error(begun, ended)
	}
	if err := <-changed; !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got the error %v", err)
	}
	if err := comesBack(ctx, func(context.Context) error { return change("second") }); err != nil {
		t.Error(err)
	}
}

// until waits until a query counts n.
func until(ctx context.Context, c *pgx.Conn, n int, query string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		var found int
		if err := c.QueryRow(ctx, query).Scan(&found); err != nil || found == n {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

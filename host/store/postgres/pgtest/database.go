package pgtest

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// databases numbers them: the servers of a process have no name in common.
var databases atomic.Int64

// NewDatabase makes an empty database and returns its URL. It is dropped with the
// test, connections or not, when the server still runs.
func (s *Server) NewDatabase(t testing.TB) string {
	t.Helper()
	name := "test" + strconv.FormatInt(databases.Add(1), 10)
	if err := s.exec("CREATE DATABASE " + name); err != nil {
		t.Fatalf("making a database: %v", err)
	}
	t.Cleanup(func() {
		// A test may have stopped the server, or failed it over: its directory goes
		// in any case.
		_ = s.exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)")
	})
	return s.URL(name)
}

// URL is where a database of the server is reached. A database is named, here and
// in the other methods, by its name or by any URL of it.
func (s *Server) URL(db string) string { return databaseURL(s.Addr(), db) }

// SocketURL is where a database is reached without a network: from any network
// namespace, and whatever becomes of addresses.
func (s *Server) SocketURL(db string) string {
	return "host=" + s.dir + " port=" + strconv.Itoa(s.port) + " user=" + superuser + " dbname=" + databaseName(db) + " sslmode=disable"
}

// databaseURL is the URL of a database at an address, without TLS.
func databaseURL(addr, db string) string {
	return "postgres://" + superuser + "@" + addr + "/" + databaseName(db) + "?sslmode=disable"
}

// databaseName is the name of a database that is given by its name or a URL.
func databaseName(db string) string {
	if u, err := url.Parse(db); err == nil && u.Scheme != "" {
		return strings.TrimPrefix(u.Path, "/")
	}
	return db
}

// exec runs one statement as an administrator, not through a transaction.
func (s *Server) exec(sql string) error {
	return s.admin(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, sql)
		return err
	})
}

// admin does something over a connection of its own.
func (s *Server) admin(do func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := pgx.Connect(ctx, s.SocketURL("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	return do(ctx, c)
}

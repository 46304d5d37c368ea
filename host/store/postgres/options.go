package postgres

import (
	"log/slog"
	"time"
)

// The defaults of Options.
const (
	DefaultLease            = 15 * time.Second
	DefaultMaxConnections   = 10
	DefaultConnectTimeout   = 5 * time.Second
	DefaultStatementTimeout = 30 * time.Second
)

// Options say which database to use, and how.
type Options struct {
	// URL is that of the database, postgres://user:password@host:port/database, or
	// the same as key=value pairs. What the libpq of PostgreSQL reads in it is read
	// here: sslmode, several hosts, and search_path, whose first schema holds the
	// tables and is made when it is not there. It is a secret: no error and no log
	// line shows it.
	URL string
	// Lease is how long the lease of a host lasts that is not renewed.
	// Zero: DefaultLease.
	Lease time.Duration
	// MaxConnections bounds the pool. One more connection renews the lease, and one
	// listens for notifications. Zero: DefaultMaxConnections.
	MaxConnections int
	// ConnectTimeout bounds making a connection, and waiting for one of the pool.
	// Zero: DefaultConnectTimeout.
	ConnectTimeout time.Duration
	// StatementTimeout bounds each statement on the server, and, with a second more,
	// each exchange on this side. Zero: DefaultStatementTimeout.
	StatementTimeout time.Duration
	// Pooler says that a pooler in transaction mode, such as pgbouncer, stands in
	// front of the database: nothing is kept in a session, and nobody listens for
	// notifications, so that others' changes are found by polls alone.
	Pooler bool
	// RootCert is a file with the certificates that the server's is checked against.
	// Unless the URL has an sslmode, it means sslmode=verify-full.
	RootCert string
	// ClientCert and ClientKey are files with the certificate that this side shows.
	ClientCert string
	ClientKey  string
	// Log gets what nobody else is told. Nil: nothing is logged.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Lease <= 0 {
		o.Lease = DefaultLease
	}
	if o.MaxConnections <= 0 {
		o.MaxConnections = DefaultMaxConnections
	}
	if o.ConnectTimeout <= 0 {
		o.ConnectTimeout = DefaultConnectTimeout
	}
	if o.StatementTimeout <= 0 {
		o.StatementTimeout = DefaultStatementTimeout
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// exchange bounds one exchange with the server: the server gives up first, and
// the second is for a server that cannot be reached.
func (o Options) exchange() time.Duration { return o.StatementTimeout + time.Second }

// idle bounds how long the server waits for this side within a transaction. A
// host that is paused then holds its locks no longer: neither changes of
// schedules nor a take-over wait for it.
func (o Options) idle() time.Duration {
	return min(max(o.Lease/3, time.Second), 5*time.Second)
}

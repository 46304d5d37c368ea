package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"butlerd/host/store"
)

// errClosed is what calls after Close get.
var errClosed = fmt.Errorf("%w: it is closed", store.ErrUnavailable)

// classify tells errors that may pass from those that will not. Others than
// those of the engine and the way to it are returned as they are.
func classify(err error) error {
	if err == nil || errors.Is(err, store.ErrUnavailable) {
		return err
	}
	if passes(err) {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	if code(err) == "26000" || code(err) == "42P05" {
		return fmt.Errorf("%w (a pooler in transaction mode has to be declared in the configuration)", err)
	}
	return err
}

// passes says whether the same may succeed later.
func passes(err error) bool {
	if c := code(err); c != "" {
		return passing(c) || guarded(err)
	}
	if errors.Is(err, errAgain) {
		return true
	}
	var connecting *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connecting) || errors.As(err, &network) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || strings.Contains(err.Error(), "conn closed")
}

// passing says whether an error of the server is about its state and not about
// what was asked.
func passing(code string) bool {
	switch code {
	case "57014", // a statement that took too long: the caller's own end is told apart before
		"57P01", "57P02", "57P03", "57P05", // the server stops, starts or crashed
		"25006",          // a standby
		"25P03",          // this side was paused within a transaction
		"40001", "40P01", // once more, after some times
		"55P03": // a lock that was not to be had
		return true
	}
	switch code[:2] {
	case "08", "28", "53", "58": // the connection, access, what the server has too little of, its disk
		return true
	}
	return false
}

// again says whether a transaction was undone for the sake of another, and is to
// be tried again.
func again(err error) bool {
	c := code(err)
	return c == "40001" || c == "40P01" || errors.Is(err, errAgain) || guarded(err)
}

// guarded says whether a write would have let two runs of a schedule run that must
// not run together: another one began meanwhile.
func guarded(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && server.ConstraintName == "runs_exclusive"
}

// code is the SQLSTATE of an error, empty when it is not the server's.
func code(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) && len(server.Code) == 5 {
		return server.Code
	}
	return ""
}

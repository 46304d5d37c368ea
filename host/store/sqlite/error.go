package sqlite

import (
	"database/sql"
	"errors"
	"fmt"

	modernc "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"butlerd/host/store"
)

// errClosed is what calls after Close get.
var errClosed = fmt.Errorf("%w: it is closed", store.ErrUnavailable)

// classify tells errors that may pass from those that will not. Others than
// the engine's own are returned as they are.
func classify(err error) error {
	if errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) {
		return errClosed
	}
	if errors.Is(err, store.ErrUnavailable) {
		return err // it was told before, and would be said twice
	}
	var engine *modernc.Error
	if !errors.As(err, &engine) {
		return err
	}
	switch engine.Code() & 0xff { // the low byte is the class, the rest the detail
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_FULL, lib.SQLITE_IOERR,
		lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PROTOCOL, lib.SQLITE_NOMEM:
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return fmt.Errorf("the file is damaged or not a SQLite database: %w", err)
	}
	return err
}

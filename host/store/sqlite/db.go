package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"

	"butlerd/host/store"
)

// Options say which database to open.
type Options struct {
	// Path is the database's file. It and its directory are made when they are
	// not there. ":memory:" is a database in memory that ends with Close.
	Path string
	// Log gets what nobody else is told: a rollback or a checkpoint that failed.
	// Nil: nothing is logged.
	Log *slog.Logger
}

// DB is a store.Store in one SQLite file.
type DB struct {
	lock    *lockFile // nil in memory
	writes  *sql.DB
	readers *sql.DB // nil in memory: reads go through the writer
	writer  *writer
	// imports lets one import in at a time: its records can be read but once, and
	// writes of one kind that wait together may be tried again.
	imports sync.Mutex
}

var _ store.Store = (*DB)(nil)

// Open opens the database and brings its schema up to date. It fails when
// another process has it open, naming it, and when a newer butlerd wrote it.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	d := &DB{}
	if err := d.open(ctx, o); err != nil {
		return nil, fmt.Errorf("opening store %q: %w", o.Path, errors.Join(classify(err), d.release()))
	}
	return d, nil
}

func (d *DB) open(ctx context.Context, o Options) error {
	if err := d.openFile(o.Path); err != nil {
		return err
	}
	if err := migrate(ctx, d.writes); err != nil {
		return err
	}
	conn, err := d.writes.Conn(ctx)
	if err != nil {
		return err
	}
	d.writer = startWriter(conn, o.Log)
	return nil
}

// openFile opens the pools, and for a file takes its lock first.
func (d *DB) openFile(path string) (err error) {
	if path == "" {
		return errors.New("it has no path")
	}
	if path == memory {
		d.writes, err = openWriter(path)
		return err
	}
	if path, err = filepath.Abs(path); err != nil {
		return err
	}
	if err := createFile(path); err != nil {
		return err
	}
	if d.lock, err = lockBeside(path); err != nil {
		return err
	}
	if d.writes, err = openWriter(path); err != nil {
		return err
	}
	d.readers, err = openReaders(path)
	return err
}

// Close lets writes that were asked for finish, and closes the file. It may be
// called more than once.
func (d *DB) Close() error {
	if !d.writer.stop() {
		return nil
	}
	if err := d.release(); err != nil {
		return fmt.Errorf("closing store: %w", err)
	}
	return nil
}

// release gives back what was opened. The lock is last: until then the file is
// being written.
func (d *DB) release() error {
	var errs []error
	if d.readers != nil {
		errs = append(errs, d.readers.Close())
	}
	if d.writes != nil {
		errs = append(errs, d.writes.Close())
	}
	if d.lock != nil {
		errs = append(errs, d.lock.release())
	}
	return errors.Join(errs...)
}

// Ping says whether the store can be written, by writing.
func (d *DB) Ping(ctx context.Context) error {
	_, err := submit(ctx, d.writer, "writing to the store", each((*tx).ping), struct{}{})
	return err
}

func (t *tx) ping(struct{}) (struct{}, error) {
	return struct{}{}, t.exec("UPDATE ledger SET pings = pings + 1")
}

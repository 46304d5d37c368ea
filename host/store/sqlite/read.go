package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// queryer is what reads.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// read runs do on a consistent state of the database. A database in memory has
// but the one connection, and the writer's goroutine reads for its callers.
func (d *DB) read(ctx context.Context, act string, do func(context.Context, queryer) error) error {
	if d.readers == nil {
		_, err := submit(ctx, d.writer, act, each((*tx).read), do)
		return err
	}
	if err := d.readFile(ctx, do); err != nil {
		return fmt.Errorf("%s: %w", act, d.readError(ctx, err))
	}
	return nil
}

func (t *tx) read(do func(context.Context, queryer) error) (struct{}, error) {
	return struct{}{}, do(context.Background(), t.w.conn)
}

func (d *DB) readFile(ctx context.Context, do func(context.Context, queryer) error) error {
	snapshot, err := d.readers.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer snapshot.Rollback() // nothing was written; the error would mean nothing
	return do(ctx, snapshot)
}

// readError prefers the reason to the symptom: a query that was interrupted, a
// pool that was closed.
func (d *DB) readError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if d.writer.isClosed() {
		return errClosed
	}
	return classify(err)
}

// collect runs a query and returns its rows as scan reads them.
func collect[T any](ctx context.Context, q queryer, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	var all []T
	err = drain(rows, func(rows *sql.Rows) error {
		one, err := scan(rows)
		all = append(all, one)
		return err
	})
	return all, err
}

package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// write runs do in a transaction and commits it. Once it has a connection it
// does not end with ctx: what is begun is finished.
func (d *DB) write(ctx context.Context, act string, do func(*tx) error) error {
	return d.called(ctx, act, func() error { return d.retried(ctx, d.pool, do) })
}

// retried begins a transaction again that others stood in the way of.
func (d *DB) retried(ctx context.Context, pool *pgxpool.Pool, do func(*tx) error) error {
	for n := 1; ; n++ {
		err := d.transactOn(ctx, pool, beginWrite, n == tries, do)
		if n == tries || !again(err) {
			return err
		}
		if err := wait(ctx, time.Duration(n)*rand.N(10*time.Millisecond)); err != nil {
			return err
		}
	}
}

// read runs do on one state of the database. It only queues queries, which are
// then sent at once.
func (d *DB) read(ctx context.Context, act string, do func(*tx) error) error {
	return d.called(ctx, act, func() error { return d.transact(ctx, beginRead, true, do) })
}

// called frames a call: none begins after Close, which waits for those that
// have, and an error says what was being done.
func (d *DB) called(ctx context.Context, act string, do func() error) error {
	if !d.enter() {
		return fmt.Errorf("%s: %w", act, errClosed)
	}
	defer d.calls.Done()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	err := do()
	if err == nil {
		return nil
	}
	// The reason and not the symptom: a query that was interrupted.
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		return fmt.Errorf("%s: %w", act, ctx.Err())
	}
	d.failed(err)
	return fmt.Errorf("%s: %w", act, classify(err))
}

// failed looks at an error of the server. One that became a standby is left: all
// connections to it are of no use.
func (d *DB) failed(err error) {
	if code(err) == "25006" {
		d.pool.Reset()
		d.vital.Reset()
	}
}

func (d *DB) transact(ctx context.Context, begin string, last bool, do func(*tx) error) error {
	return d.transactOn(ctx, d.pool, begin, last, do)
}

func (d *DB) transactOn(ctx context.Context, pool *pgxpool.Pool, begin string, last bool, do func(*tx) error) error {
	t := &tx{db: d, tally: tally{}, last: last}
	doubt, err := t.carryOut(ctx, pool, begin, do)
	// Its connection was given back: when all are lost at once, all that ask need
	// another.
	if doubt && d.committed(pool, t.id, t.proof) {
		return nil
	}
	return err
}

// carryOut runs do and commits, on one connection. With an error it says whether
// the transaction may be committed for all that.
func (t *tx) carryOut(ctx context.Context, pool *pgxpool.Pool, begin string, do func(*tx) error) (doubt bool, err error) {
	conn, err := t.db.acquire(ctx, pool)
	if err != nil {
		return false, err
	}
	defer conn.Release()
	if begin == beginWrite {
		ctx = context.WithoutCancel(ctx)
	}
	t.conn, t.ctx = conn.Conn(), ctx
	t.begin(begin)
	if err := do(t); err != nil {
		t.rollback()
		return false, err
	}
	t.writeTally()
	t.q("COMMIT")
	if err := t.flush(); err != nil {
		t.rollback()
		return t.inDoubt(), err
	}
	return false, nil
}

// acquire takes a connection out of the pool. A pool that has none for long is
// as good as a database that is away.
func (d *DB) acquire(ctx context.Context, pool *pgxpool.Pool) (*pgxpool.Conn, error) {
	within, cancel := context.WithTimeout(ctx, d.options.ConnectTimeout)
	defer cancel()
	return pool.Acquire(within)
}

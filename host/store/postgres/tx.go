package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// errAgain undoes a transaction that saw too little of another, and begins it
// once more.
var errAgain = errors.New("another host was faster")

// tries is how often a transaction is begun that others stand in the way of.
const tries = 8

// tx is a transaction. Queries are queued and sent together: each flush is one
// exchange with the server, the first of which begins the transaction too.
type tx struct {
	db    *DB
	conn  *pgx.Conn
	ctx   context.Context // of this transaction
	queue pgx.Batch
	tally tally
	id    string // its number, when it was asked for
	proof proof
	last  bool // it was begun for the last time: errAgain is of no use

	patience time.Duration // how long an exchange takes at most; zero: as the options say
}

const (
	beginWrite = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
	beginRead  = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
)

func (t *tx) begin(begin string) {
	t.q(begin)
	if t.db.locals != "" {
		t.q(t.db.locals)
	}
}

// locals sets what a session would keep, for one transaction: a pooler gives
// the next one to another session.
func (o Options) locals(searchPath string) string {
	if !o.Pooler {
		return ""
	}
	settings := o.settings()
	if searchPath != "" {
		settings["search_path"] = searchPath
	}
	var set []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		set = append(set, fmt.Sprintf("set_config('%s', '%s', true)", name, strings.ReplaceAll(settings[name], "'", "''")))
	}
	return "SELECT " + strings.Join(set, ", ")
}

// q queues a query.
func (t *tx) q(query string, args ...any) *pgx.QueuedQuery { return t.queue.Queue(query, args...) }

// flush sends what is queued and hands out the answers.
func (t *tx) flush() error {
	queue := t.queue
	t.queue = pgx.Batch{}
	if queue.Len() == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(t.ctx, cmp.Or(t.patience, t.db.options.exchange()))
	defer cancel()
	return t.conn.SendBatch(ctx, &queue).Close()
}

// rollback ends a transaction that failed. A connection on which that fails too
// is not given back to the pool.
func (t *tx) rollback() {
	if t.conn.IsClosed() || t.conn.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), t.db.options.ConnectTimeout)
	defer cancel()
	if _, err := t.conn.Exec(ctx, "ROLLBACK"); err != nil {
		t.db.options.Log.Debug("rolling back", "err", err)
	}
}

// list queues a query and appends its rows, as scan reads them, to all.
func list[T any](t *tx, all *[]T, scan func(pgx.Rows) (T, error), query string, args ...any) {
	t.q(query, args...).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			one, err := scan(rows)
			if err != nil {
				return err
			}
			*all = append(*all, one)
		}
		return rows.Err()
	})
}

// each queues a query and hands each of its rows to scan.
func each(t *tx, scan func(pgx.Rows) error, query string, args ...any) {
	var none []struct{}
	list(t, &none, func(rows pgx.Rows) (struct{}, error) { return struct{}{}, scan(rows) }, query, args...)
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// A connection that is lost during a COMMIT leaves open what became of it. A call
// that repeats itself without harm, such as a claim or an end, is then simply
// unavailable. For the others the server is asked whether what they wrote is
// there. The transaction's number alone would be no proof: after a failover that
// lost the transaction, the new server gives its number to another host's.

// outcomePause is the time between two questions.
const outcomePause = 100 * time.Millisecond

// proof is a query for one boolean: what the transaction wrote is there. The zero
// proof is of a transaction that is not asked about.
type proof struct {
	query string
	args  []any
}

// identify queues the question for the transaction's number, with which the
// server tells that it is still at it.
func (t *tx) identify() { t.q("SELECT pg_current_xact_id()::text").QueryRow(into(&t.id)) }

// prove says how to find out whether the transaction was committed.
func (t *tx) prove(query string, args ...any) { t.proof = proof{query, args} }

// inDoubt says whether a transaction whose COMMIT failed may be committed, and
// can be asked about.
func (t *tx) inDoubt() bool { return t.proof.query != "" && t.id != "" && t.conn.IsClosed() }

// committed says whether a transaction in doubt is known to be committed. It is no
// answer to a caller's context: without it, the caller would know less.
func (d *DB) committed(pool *pgxpool.Pool, id string, p proof) (there bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*d.options.ConnectTimeout)
	defer cancel()
	for {
		var status string
		// Not for reading: each statement has to see what was committed before it, so
		// that the proof is not older than the status, and a standby knows too little.
		err := d.transactOn(ctx, pool, beginWrite, true, func(t *tx) error {
			t.ctx = ctx
			t.q("SELECT coalesce(pg_xact_status($1::text::xid8), '')", id).QueryRow(into(&status))
			t.q(p.query, p.args...).QueryRow(into(&there))
			return nil
		})
		switch {
		case err == nil && (there || status != "in progress"):
			return there
		case err != nil && !passes(err): // a server that never saw it
			return false
		}
		if wait(ctx, outcomePause) != nil {
			return false
		}
	}
}

package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"butlerd/host/store"
)

// held is what the row of a host that holds a lease matches. The clock is read
// when the row is, after whatever had to be waited for.
const held = "ended_at IS NULL AND lease_until > clock_timestamp()"

// fence queues the check that a host holds a lease. Its row is locked so that a
// renewal may go on beside it and a take-over may not: what this transaction
// writes is seen by whoever takes over.
func (t *tx) fence(hostID string) {
	t.q("SELECT 1 FROM hosts WHERE id = $1 AND "+held+" FOR KEY SHARE", hostID).Query(func(rows pgx.Rows) error {
		found := rows.Next()
		if rows.Close(); rows.Err() != nil {
			return rows.Err()
		}
		return fenced(found)
	})
}

func fenced(found bool) error {
	if !found {
		return store.ErrFenced
	}
	return nil
}

// settled queues a fence that also moves what the host had settled. It is kept
// with the host: one row for all would make the hosts wait for each other.
func (t *tx) settled(hostID string, until time.Time) {
	t.q("UPDATE hosts SET settled_until = $2 WHERE id = $1 AND "+held, hostID, orNull(until)).
		Exec(func(tag pgconn.CommandTag) error { return fenced(tag.RowsAffected() == 1) })
}

// keepUp queues a lock on the rows of hosts whose lease nobody ended, so that
// none of them is taken over before the transaction's end.
func (t *tx) keepUp(hostIDs []string) {
	t.q("SELECT 1 FROM hosts WHERE id = ANY ($1::text[]) AND ended_at IS NULL ORDER BY id FOR KEY SHARE", hostIDs)
}

// Settled moves a host's SettledUntil without a claim.
func (d *DB) Settled(ctx context.Context, hostID string, until time.Time) error {
	return d.write(ctx, "recording what is settled", func(t *tx) error {
		t.settled(hostID, until)
		return t.flush()
	})
}

const settledUntilQuery = `SELECT max(u) FROM (
	SELECT settled_until FROM hosts UNION ALL SELECT settled_until FROM ledger) AS every (u)`

// SettledUntil is the latest Until of all hosts.
func (d *DB) SettledUntil(ctx context.Context) (time.Time, error) {
	var until *time.Time
	err := d.read(ctx, "reading what is settled", func(t *tx) error {
		t.q(settledUntilQuery).QueryRow(into(&until))
		return nil
	})
	return fromNull(until), err
}

// into receives the one row of a query.
func into(targets ...any) func(pgx.Row) error {
	return func(row pgx.Row) error { return row.Scan(targets...) }
}

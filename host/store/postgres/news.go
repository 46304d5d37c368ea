package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"butlerd/host/store"
)

const (
	changedCondition = "revision > $1 ORDER BY seq"
	deletedQuery     = `SELECT DISTINCT v.schedule_id FROM versions v WHERE v.ended_revision > $1
		AND NOT EXISTS (SELECT 1 FROM schedules s WHERE s.id = v.schedule_id) ORDER BY v.schedule_id`
	ordersQuery = "SELECT id, kind, host_id, run_id FROM orders WHERE host_id = $1 ORDER BY id"
	// An id alone may be that of a later order, after a failover that lost the one
	// that was seen.
	seenQuery = `DELETE FROM orders o USING unnest($2::bigint[], $3::text[], $4::text[]) AS s (id, kind, run_id)
		WHERE o.host_id = $1 AND o.id = s.id AND o.kind = s.kind AND o.run_id = s.run_id`
)

// News says what has happened since a revision, and takes the orders for a host.
// The revision is read first: what is changed meanwhile may be seen now, and is
// seen again by the next call. An order is deleted by the call after the one that
// handed it out: the answer to that one has come, or the order is handed out again.
func (d *DB) News(ctx context.Context, hostID string, since int64) (n store.News, err error) {
	var orders []order
	seen := d.seen.of(hostID)
	err = d.write(ctx, "asking for news", func(t *tx) error {
		n, orders = store.News{}, nil
		t.takeOut(hostID, seen)
		t.q("SELECT revision FROM ledger").QueryRow(into(&n.Revision))
		t.schedules(&n.Changed, changedCondition, since)
		list(t, &n.Deleted, scanText, deletedQuery, since)
		list(t, &orders, scanOrder, ordersQuery, hostID)
		t.waiting(&n.Waiting)
		return t.flush()
	})
	if err != nil {
		return store.News{}, err
	}
	d.seen.replace(hostID, seen, orders)
	for _, o := range orders {
		n.Orders = append(n.Orders, o.Order)
	}
	return n, nil
}

// takeOut queues the end of orders that a host has seen.
func (t *tx) takeOut(hostID string, seen []order) {
	if len(seen) > 0 {
		t.q(seenQuery, hostID, column(seen, func(o order) int64 { return o.id }),
			column(seen, func(o order) string { return string(o.Kind) }), column(seen, func(o order) string { return o.RunID }))
	}
}

// order is a row of the table orders.
type order struct {
	id int64
	store.Order
}

func scanOrder(rows pgx.Rows) (o order, err error) {
	err = rows.Scan(&o.id, (*string)(&o.Kind), &o.HostID, &o.RunID)
	return o, err
}

// Watch wakes the caller when there may be news.
func (d *DB) Watch() <-chan struct{} { return d.news.tokens }

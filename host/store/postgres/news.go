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
func (d *DB) News(ctx context.Context, hostID string, since int64) (store.News, error) {
	const act = "asking for news"
	var n store.News
	var changed []scheduleRow
	var orders []order
	seen := d.seen.of(hostID)
	err := d.write(ctx, act, func(t *tx) error {
		n, changed, orders = store.News{}, nil, nil
		t.takeOut(hostID, seen)
		t.q("SELECT revision FROM ledger").QueryRow(into(&n.Revision))
		t.schedules(&changed, changedCondition, since)
		list(t, &n.Deleted, scanText, deletedQuery, since)
		list(t, &orders, scanOrder, ordersQuery, hostID)
		t.waiting(&n.Waiting)
		t.withoutLater(&n.Waiting)
		// Sent with the COMMIT: the server waits for this side nowhere, however busy
		// it is. An error in an answer undoes nothing then, and need not: what the
		// caller does not get is asked for again, and handed out again.
		return nil
	})
	if err != nil {
		return store.News{}, err
	}
	if n.Changed, err = decoded(act, changed); err != nil {
		return store.News{}, err
	}
	d.seen.replace(hostID, seen, orders)
	for _, o := range orders {
		n.Orders = append(n.Orders, o.Order)
	}
	return n, nil
}

// laterQuery counts the runs that wait for their time.
const laterQuery = `SELECT plugin, count(*) FROM runs WHERE state = 'waiting' AND ready_at > statement_timestamp() GROUP BY plugin`

// withoutLater queues what is to be taken off from what waits: nobody need be woken
// for a retry that is an hour away.
func (t *tx) withoutLater(waiting *map[string]int) {
	each(t, func(rows pgx.Rows) error {
		var plugin string
		var n int
		err := rows.Scan(&plugin, &n)
		if (*waiting)[plugin] -= n; (*waiting)[plugin] <= 0 {
			delete(*waiting, plugin)
		}
		return err
	}, laterQuery)
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

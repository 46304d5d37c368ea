package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/store"
)

// ranOut is what the row of a host matches whose lease may be taken. After the
// server was away each host first has the time of its lease to renew it.
const ranOut = `ended_at IS NULL AND lease_until <= clock_timestamp()
	AND pg_postmaster_start_time() + lease * interval '1 microsecond' <= clock_timestamp()`

// Join adds a host and gives it a lease.
func (d *DB) Join(ctx context.Context, h store.Host) (joined store.Joined, err error) {
	const act = "joining"
	if err := h.Check(); err != nil {
		return joined, fmt.Errorf("%s: %w", act, err)
	}
	report, err := json.Marshal(h.Report)
	if err != nil {
		return joined, fmt.Errorf("%s: %w", act, err)
	}
	err = d.write(ctx, act, func(t *tx) error {
		joined, err = t.join(h, string(report))
		return err
	})
	if err != nil {
		return store.Joined{}, err
	}
	joined.Ended = sorted(joined.Ended)
	return joined, nil
}

// join settles first and adds the host then. What is written of hosts that are
// gone is written while their rows are locked.
func (t *tx) join(h store.Host, report string) (joined store.Joined, err error) {
	t.identify()
	t.lock(t.db.locks.join) // of hosts that join together, one is the first
	t.pruneHosts()
	if _, err = t.endLeases(ranOut); err != nil {
		return joined, err
	}
	now, others, err := t.others(h.ID)
	if err != nil {
		return joined, err
	}
	joined.Alone = others == 0
	// Not only those of the hosts that were ended just now: a ledger may have been
	// brought here with runs of hosts that were never here.
	t.lose(&joined.Ended, now, ofNobody)
	if joined.Alone {
		t.cancelWaiting(&joined.Ended, now, h.KeepSince)
	}
	t.q(`INSERT INTO hosts (id, name, joined_at, lease, lease_until, report)
		VALUES ($1, $2, clock_timestamp(), $3::bigint, clock_timestamp() + $3::bigint * interval '1 microsecond', $4)
		RETURNING clock_timestamp(), lease, lease_until`, h.ID, h.Name, micros(t.db.options.Lease), report).
		QueryRow(leaseInto(&joined.Lease))
	t.prove(joinedQuery, h.ID)
	return joined, t.flush()
}

// joinedQuery is the proof of a join. Without it a lost answer would leave a host
// that nobody is, until its lease ends.
const joinedQuery = "SELECT EXISTS (SELECT 1 FROM hosts WHERE id = $1)"

func leaseInto(l *store.Lease) func(pgx.Row) error {
	return func(row pgx.Row) error {
		var lasts int64
		err := row.Scan(&l.Now, &lasts, &l.Until)
		l.For = time.Duration(lasts) * time.Microsecond
		l.Now, l.Until = l.Now.UTC(), l.Until.UTC()
		return err
	}
}

// others returns the time and how many other hosts hold a lease, or could still
// renew one.
func (t *tx) others(hostID string) (now time.Time, n int, err error) {
	t.q("SELECT clock_timestamp(), count(*) FROM hosts WHERE ended_at IS NULL AND id <> $1", hostID).QueryRow(into(&now, &n))
	err = t.flush()
	return now.UTC(), n, err
}

// endLeases ends the leases of the hosts that where selects, but for those that
// are just being written. Their rows are locked first, each on its own, so that
// what these hosts write is either there before or refused.
func (t *tx) endLeases(where string, args ...any) (ids []string, err error) {
	list(t, &ids, scanText, "SELECT id FROM hosts WHERE "+where+" ORDER BY id FOR UPDATE SKIP LOCKED", args...)
	if err := t.flush(); err != nil || len(ids) == 0 {
		return nil, err
	}
	t.forget(ids)
	return ids, nil
}

// forget queues the end of the leases of hosts whose rows are locked.
func (t *tx) forget(ids []string) {
	t.q("UPDATE hosts SET ended_at = clock_timestamp() WHERE id = ANY ($1::text[]) AND ended_at IS NULL", ids)
	t.q("DELETE FROM declared WHERE host_id = ANY ($1::text[])", ids)
	t.q("DELETE FROM orders WHERE host_id = ANY ($1::text[])", ids)
	t.wake()
}

func scanText(rows pgx.Rows) (text string, err error) {
	err = rows.Scan(&text)
	return text, err
}

// pruneHosts queues the end of rows of hosts whose lease ended a day ago. What they
// had settled stays known.
func (t *tx) pruneHosts() {
	t.q(`WITH gone AS (DELETE FROM hosts WHERE ended_at < clock_timestamp() - interval '1 day' RETURNING settled_until)
		UPDATE ledger SET settled_until = greatest(settled_until, (SELECT max(settled_until) FROM gone))
		WHERE EXISTS (SELECT 1 FROM gone)`)
}

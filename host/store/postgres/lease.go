package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/run"
	"butlerd/host/store"
)

// Renew extends a lease, also one that ran out and that nobody has taken over.
func (d *DB) Renew(ctx context.Context, hostID string, r store.Report) (lease store.Lease, err error) {
	const act = "renewing the lease"
	if err := r.Check(); err != nil {
		return lease, fmt.Errorf("%s: %w", act, err)
	}
	report, err := json.Marshal(r)
	if err != nil {
		return lease, fmt.Errorf("%s: %w", act, err)
	}
	err = d.called(ctx, act, func() error {
		return d.retried(ctx, d.vital, func(t *tx) error {
			var renewed []store.Lease
			t.patience = d.options.idle() // rather a new connection than a late renewal
			list(t, &renewed, func(rows pgx.Rows) (l store.Lease, err error) {
				err = leaseInto(&l)(rows)
				return l, err
			}, `UPDATE hosts SET lease = $2::bigint, lease_until = clock_timestamp() + $2::bigint * interval '1 microsecond', report = $3
			WHERE id = $1 AND ended_at IS NULL RETURNING clock_timestamp(), lease, lease_until`,
				hostID, micros(d.options.Lease), string(report))
			if err := t.flush(); err != nil {
				return err
			}
			if len(renewed) == 0 {
				return store.ErrFenced
			}
			lease = renewed[0]
			return nil
		})
	})
	if err != nil {
		return store.Lease{}, err
	}
	return lease, nil
}

// Leave ends a host's lease.
func (d *DB) Leave(ctx context.Context, hostID string, at time.Time) (ended []run.Run, err error) {
	err = d.write(ctx, "leaving", func(t *tx) error {
		ended, err = t.leave(hostID, at)
		return err
	})
	return sorted(ended), err
}

func (t *tx) leave(hostID string, at time.Time) (ended []run.Run, err error) {
	var held []string
	t.lock(t.db.locks.join)
	list(t, &held, scanText, "SELECT id FROM hosts WHERE id = $1 AND ended_at IS NULL FOR UPDATE", hostID)
	if err := t.flush(); err != nil || len(held) == 0 {
		return nil, err
	}
	t.forget(held)
	t.lose(&ended, at, "a.host_id = $2", hostID)
	return ended, t.flush()
}

// TakeOver ends the leases that have run out, and settles what their hosts left
// open. Hosts that do it at once share the dead ones.
func (d *DB) TakeOver(ctx context.Context, hostID string, at time.Time) (ended []run.Run, err error) {
	err = d.write(ctx, "taking over", func(t *tx) error {
		ended = nil
		t.fence(hostID)
		ids, err := t.endLeases(ranOut+" AND id <> $1", hostID)
		if err != nil || len(ids) == 0 {
			return err
		}
		t.lose(&ended, at, "a.host_id = ANY ($2::text[])", ids)
		return t.flush()
	})
	if err != nil {
		return nil, err
	}
	return sorted(ended), nil
}

// sorted puts runs in the order in which they were made.
func sorted(runs []run.Run) []run.Run {
	slices.SortFunc(runs, func(a, b run.Run) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.ID, b.ID))
	})
	return runs
}

const executingQuery = `SELECT ` + runColumns + ` FROM runs WHERE state = 'running' AND id IN (
	SELECT run_id FROM attempts WHERE host_id = $1 AND state = 'running')`

// Executing returns the runs whose open attempt belongs to a host.
func (d *DB) Executing(ctx context.Context, hostID string) (runs []run.Run, err error) {
	err = d.read(ctx, "reading what a host executes", func(t *tx) error {
		scanRuns(t, &runs, executingQuery, hostID)
		return nil
	})
	return sorted(runs), err
}

// Hosts lists the hosts that hold a lease, and those whose lease ended within
// the last day.
func (d *DB) Hosts(ctx context.Context) (all []store.Host, err error) {
	err = d.read(ctx, "listing hosts", func(t *tx) error {
		t.hosts(&all)
		return nil
	})
	slices.SortFunc(all, func(a, b store.Host) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), a.JoinedAt.Compare(b.JoinedAt), strings.Compare(a.ID, b.ID))
	})
	return all, err
}

func (t *tx) hosts(all *[]store.Host) {
	list(t, all, scanHost, `SELECT id, name, joined_at, ended_at, report, clock_timestamp(), lease, lease_until FROM hosts
		WHERE ended_at IS NULL OR ended_at > clock_timestamp() - interval '1 day'`)
}

func scanHost(rows pgx.Rows) (h store.Host, err error) {
	var ended *time.Time
	var report string
	var lasts int64
	if err = rows.Scan(&h.ID, &h.Name, &h.JoinedAt, &ended, &report, &h.Lease.Now, &lasts, &h.Lease.Until); err != nil {
		return h, err
	}
	h.JoinedAt, h.EndedAt = h.JoinedAt.UTC(), fromNull(ended)
	h.Lease.For = time.Duration(lasts) * time.Microsecond
	h.Lease.Now, h.Lease.Until = h.Lease.Now.UTC(), h.Lease.Until.UTC()
	return h, json.Unmarshal([]byte(report), &h.Report)
}

package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// remembered is how long a host that is gone is listed.
const remembered = 24 * time.Hour

// joining is a host with its report encoded, see change.
type joining struct {
	store.Host
	report string
}

// Join makes h the host that writes. The lease of the one before it is ended, as
// its process is: the lock file has been taken from it. A host that joins again
// under its id starts anew.
func (d *DB) Join(ctx context.Context, h store.Host) (store.Joined, error) {
	const act = "joining"
	if err := h.Check(); err != nil {
		return store.Joined{}, fmt.Errorf("%s: %w", act, err)
	}
	report, err := json.Marshal(h.Report)
	if err != nil {
		return store.Joined{}, fmt.Errorf("%s: %w", act, err)
	}
	return submit(ctx, d.writer, act, each((*tx).join), joining{h, string(report)})
}

func (t *tx) join(h joining) (store.Joined, error) {
	now := time.Now()
	ended, err := t.lose(now)
	if err != nil {
		return store.Joined{}, err
	}
	never, err := t.giveUp(h.KeepSince, now)
	if err != nil {
		return store.Joined{}, err
	}
	ended = append(ended, never...)
	if err := t.exec("UPDATE hosts SET ended_at = ? WHERE ended_at IS NULL", micros(now)); err != nil {
		return store.Joined{}, err
	}
	if err := t.exec("DELETE FROM hosts WHERE ended_at < ? OR id = ?", micros(now.Add(-remembered)), h.ID); err != nil {
		return store.Joined{}, err
	}
	err = t.exec("INSERT INTO hosts (id, name, joined_at, report) VALUES (?, ?, ?, ?)", h.ID, h.Name, micros(now), h.report)
	return store.Joined{Alone: true, Ended: ended}, err
}

// leaving is a host that leaves.
type leaving struct {
	hostID string
	at     time.Time
}

// Leave ends a host's lease and settles what it executes. What waits is kept: the
// host that joins next says whether it may still be started.
func (d *DB) Leave(ctx context.Context, hostID string, at time.Time) ([]run.Run, error) {
	return submit(ctx, d.writer, "leaving", each((*tx).leave), leaving{hostID, at})
}

func (t *tx) leave(l leaving) ([]run.Run, error) {
	holds, err := t.holdsLease(l.hostID)
	if err != nil || !holds {
		return nil, err
	}
	if err := t.exec("UPDATE hosts SET ended_at = ? WHERE id = ?", micros(time.Now()), l.hostID); err != nil {
		return nil, err
	}
	return t.lose(l.at)
}

// fence refuses a host that holds no lease.
func (t *tx) fence(hostID string) error {
	holds, err := t.holdsLease(hostID)
	if err == nil && !holds {
		err = fmt.Errorf("host %q: %w", hostID, store.ErrFenced)
	}
	return err
}

const leaseQuery = "SELECT 1 FROM hosts WHERE id = ? AND ended_at IS NULL"

func (t *tx) holdsLease(hostID string) (holds bool, err error) {
	err = t.query(func(*sql.Rows) error {
		holds = true
		return nil
	}, leaseQuery, hostID)
	return holds, err
}

// Hosts lists the host that writes and those that did within the last day.
func (d *DB) Hosts(ctx context.Context) (hosts []store.Host, err error) {
	err = d.read(ctx, "listing hosts", func(ctx context.Context, q queryer) (err error) {
		hosts, err = collect(ctx, q, scanHost, `SELECT id, name, joined_at, ended_at, report FROM hosts
			WHERE ended_at IS NULL OR ended_at >= ? ORDER BY name, joined_at, seq`, micros(time.Now().Add(-remembered)))
		return err
	})
	return hosts, err
}

func scanHost(rows *sql.Rows) (h store.Host, err error) {
	var joined int64
	var ended sql.NullInt64
	var report []byte
	if err := rows.Scan(&h.ID, &h.Name, &joined, &ended, &report); err != nil {
		return h, err
	}
	h.JoinedAt, h.EndedAt = fromMicros(joined), fromNullMicros(ended)
	if err := json.Unmarshal(report, &h.Report); err != nil {
		return h, fmt.Errorf("decoding a host's report: %w", err)
	}
	return h, nil
}

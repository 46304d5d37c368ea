package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"butlerd/host/run"
	"butlerd/host/store"
)

// pruneLogs is how many lines of logs one transaction deletes, which takes a part
// of a second: a run may have more of them than a statement has time for.
const pruneLogs = 20_000

// Prune deletes some of what is older than an instant. Nothing is locked that a
// claim waits for: what is deleted has ended, and the row of the ledger is written
// in a transaction of its own, before anything is deleted. It may be repeated: a
// commit whose answer was lost is not asked about.
func (d *DB) Prune(ctx context.Context, p store.Prune) (done store.Pruned, err error) {
	const act = "deleting what is too old"
	if err := p.Check(); err != nil {
		return done, fmt.Errorf("%s: %w", act, err)
	}
	var found prunable
	if err := d.read(ctx, act, func(t *tx) error { t.prunable(p, &found); return nil }); err != nil || found.none() {
		return done, err
	}
	if err := d.write(ctx, act, func(t *tx) error {
		t.q("UPDATE ledger SET kept_since = $1 WHERE kept_since IS NULL OR kept_since < $1", p.Before)
		return nil
	}); err != nil {
		return done, err
	}
	if err := d.pruneLogs(ctx, act, found.runs); err != nil {
		return done, err
	}
	err = d.write(ctx, act, func(t *tx) error {
		done, err = t.prune(p, found)
		return err
	})
	if err != nil {
		return store.Pruned{}, err
	}
	return done, nil
}

// prunable is what may be deleted.
type prunable struct {
	runs                    []string // those that are deleted now
	more                    bool     // there are further runs
	firings, versions, held bool     // there are such
}

func (p prunable) none() bool { return len(p.runs) == 0 && !p.firings && !p.versions && !p.held }

const (
	// A firing is kept as long as its run is open.
	oldFirings = settledDay + ` <= ($1::timestamptz AT TIME ZONE 'UTC')::date AND settled_at < $1::timestamptz AND f.due_at < $1::timestamptz
		AND (SELECT r.ended_at IS NULL FROM runs r WHERE r.id = f.run_id LIMIT 1) IS NOT TRUE`
	// The last version of a schedule that is not there any more stays, so that one
	// of the same id that is made later goes on counting.
	oldVersions = `v.until < $1::timestamptz AND (EXISTS (SELECT 1 FROM schedules s WHERE s.id = v.schedule_id)
		OR EXISTS (SELECT 1 FROM versions l WHERE l.schedule_id = v.schedule_id AND l.version > v.version))`
	// A hold is kept as long as a firing names it.
	oldHolds = `h.ends_at < $1::timestamptz AND NOT EXISTS (
		SELECT 1 FROM firings f WHERE f.hold_id = h.id AND f.hold_id <> '')`
)

func (t *tx) prunable(p store.Prune, found *prunable) {
	t.q(oldRunsQuery(), p.Before, p.Limit+1).Query(func(rows pgx.Rows) error {
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if found.more = len(ids) > p.Limit; found.more {
			ids = ids[:p.Limit]
		}
		found.runs = ids
		return err
	})
	t.q("SELECT EXISTS (SELECT 1 FROM firings f WHERE "+oldFirings+"), EXISTS (SELECT 1 FROM versions v WHERE "+oldVersions+
		"), EXISTS (SELECT 1 FROM holds h WHERE "+oldHolds+")", p.Before).
		QueryRow(into(&found.firings, &found.versions, &found.held))
}

// oldRunsQuery lists the runs that ended before an instant, those first that were
// made first. A run was made before it ended, so that the lists by state serve.
func oldRunsQuery() string {
	var arms []string
	for _, state := range run.States() {
		if !state.Open() {
			arms = append(arms, "(SELECT created_at, id FROM runs WHERE state = '"+string(state)+`'
				AND created_at <= $1::timestamptz AND ended_at < $1::timestamptz AND NOT follow ORDER BY created_at, id LIMIT $2::bigint)`)
		}
	}
	return "SELECT id FROM (" + strings.Join(arms, " UNION ALL ") + ") AS r ORDER BY created_at, id LIMIT $2::bigint"
}

const pruneLogsQuery = `DELETE FROM run_log WHERE ctid = ANY (ARRAY (
	SELECT ctid FROM run_log WHERE run_id = ANY ($1::text[]) LIMIT $2::bigint FOR UPDATE SKIP LOCKED))`

func (d *DB) pruneLogs(ctx context.Context, act string, runs []string) error {
	for more := len(runs) > 0; more; {
		err := d.write(ctx, act, func(t *tx) error {
			t.q(pruneLogsQuery, runs, pruneLogs).Exec(atLeast(pruneLogs, &more))
			return t.flush()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

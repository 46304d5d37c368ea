package postgres

import (
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"butlerd/host/run"
	"butlerd/host/store"
)

const (
	// pruneRunsQuery leaves out what another host is just deleting.
	pruneRunsQuery = `
WITH gone AS (
	DELETE FROM runs WHERE id = ANY (ARRAY (SELECT id FROM runs WHERE id = ANY ($1::text[]) AND ended_at IS NOT NULL AND NOT follow
		ORDER BY id FOR UPDATE SKIP LOCKED)) RETURNING id, state, plugin
), attempted AS (
	DELETE FROM attempts WHERE run_id = ANY (ARRAY (SELECT id FROM gone))
)
SELECT state, plugin FROM gone`
	pruneFiringsQuery = `
DELETE FROM firings WHERE ctid = ANY (ARRAY (SELECT ctid FROM firings f WHERE ` + oldFirings + `
	ORDER BY ` + settledDay + `, schedule_id, due_at LIMIT $2::bigint FOR UPDATE OF f SKIP LOCKED)) RETURNING outcome`
	pruneVersionsQuery = `
DELETE FROM versions WHERE ctid = ANY (ARRAY (SELECT ctid FROM versions v WHERE ` + oldVersions + `
	ORDER BY v.until LIMIT $2::bigint FOR UPDATE OF v SKIP LOCKED))`
	pruneHoldsQuery = `
DELETE FROM holds WHERE ctid = ANY (ARRAY (SELECT ctid FROM holds h WHERE ` + oldHolds + ` LIMIT $2::bigint FOR UPDATE OF h SKIP LOCKED))`
)

// prune deletes the runs that were found, and firings as far as the limit goes.
func (t *tx) prune(p store.Prune, found prunable) (done store.Pruned, err error) {
	each(t, func(rows pgx.Rows) error {
		var state run.State
		var plugin string
		err := rows.Scan((*string)(&state), &plugin)
		t.tally.add(state, plugin, -1)
		done.Runs++
		return err
	}, pruneRunsQuery, found.runs)
	var versions, holds, firings bool
	if limit := p.Limit - len(found.runs); limit > 0 {
		each(t, func(rows pgx.Rows) error {
			var outcome run.Outcome
			err := rows.Scan((*string)(&outcome))
			t.tally[counted{ofFirings, string(outcome)}]--
			done.Firings++
			return err
		}, pruneFiringsQuery, p.Before, limit)
	}
	t.q("SELECT EXISTS (SELECT 1 FROM firings f WHERE "+oldFirings+")", p.Before).QueryRow(into(&firings))
	t.q(pruneVersionsQuery, p.Before, p.Limit).Exec(atLeast(p.Limit, &versions))
	t.q(pruneHoldsQuery, p.Before, p.Limit).Exec(atLeast(p.Limit, &holds))
	err = t.flush()
	done.More = found.more || firings || versions || holds
	return done, err
}

// atLeast receives whether a statement was about so many rows.
func atLeast(n int, reached *bool) func(pgconn.CommandTag) error {
	return func(tag pgconn.CommandTag) error {
		*reached = tag.RowsAffected() >= int64(n)
		return nil
	}
}

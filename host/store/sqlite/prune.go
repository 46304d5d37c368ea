package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// What one transaction of a prune takes: others wait for it. Either bound ends it.
const (
	pruneRows = 64
	pruneTime = 5 * time.Millisecond
	// pruneLines is how many log entries one statement deletes.
	pruneLines = 256
)

// Prune deletes some of what is older than an instant, little by little: what
// others write comes in between.
func (d *DB) Prune(ctx context.Context, p store.Prune) (store.Pruned, error) {
	const act = "deleting what is too old"
	var all store.Pruned
	if err := p.Check(); err != nil {
		return all, fmt.Errorf("%s: %w", act, err)
	}
	for left := p.Limit; left > 0; {
		some, err := submit(ctx, d.writer, act, each((*tx).prune), store.Prune{Before: p.Before, Limit: min(left, pruneRows)})
		if err != nil {
			return all, err
		}
		all.Runs, all.Firings, all.More = all.Runs+some.Runs, all.Firings+some.Firings, some.More
		if left -= int(some.Runs + some.Firings); !some.More {
			break
		}
	}
	return all, nil
}

func (t *tx) prune(p store.Prune) (done store.Pruned, err error) {
	before, until := micros(p.Before), time.Now().Add(pruneTime)
	old, err := t.oldRuns(before, p.Limit+1)
	if err != nil {
		return done, err
	}
	if err := t.keepSince(before, len(old) > 0); err != nil {
		return done, err
	}
	for i, r := range old {
		if i == p.Limit || i > 0 && time.Now().After(until) {
			done.More = true
			return done, nil
		}
		gone, err := t.deleteRun(r, until)
		if err != nil {
			return done, err
		}
		if !gone {
			done.More = true
			return done, nil
		}
		done.Runs++
	}
	done.Firings, err = t.deleteFirings(before, p.Limit-len(old))
	if err != nil {
		return done, err
	}
	if err := t.deletePast(before, p.Limit); err != nil {
		return done, err
	}
	done.More, err = t.isOld(before)
	return done, err
}

// oldRun is a run that is to be deleted.
type oldRun struct {
	id    string
	state run.State
}

// oldRunsQuery looks through the runs of each state, the oldest first. Those that
// were made before and are to be kept, as they ended later or are not followed yet,
// are few.
func oldRunsQuery() string {
	var arms []string
	for _, s := range run.States() {
		if !s.Open() {
			arms = append(arms, "SELECT * FROM (SELECT id, state FROM runs INDEXED BY runs_state WHERE state = '"+string(s)+
				"' AND created_at < ?1 AND ended_at < ?1 AND follow = 0 ORDER BY created_at LIMIT ?2)")
		}
	}
	return strings.Join(arms, " UNION ALL ") + " LIMIT ?2"
}

func (t *tx) oldRuns(before int64, limit int) (old []oldRun, err error) {
	err = t.query(func(rows *sql.Rows) error {
		var r oldRun
		err := rows.Scan(&r.id, (*string)(&r.state))
		old = append(old, r)
		return err
	}, oldRunsQuery(), before, limit)
	return old, err
}

// What is to be deleted beside runs.
const (
	oldFirings = "FROM firings INDEXED BY firings_settled WHERE settled_at < ?1 AND due_at < ?1" // due later counts as kept
	// The last version of a schedule that is not there any more stays, so that one
	// of the same id that is made later goes on counting.
	oldVersions = `FROM versions v INDEXED BY versions_until WHERE v.until < ?1
	AND (EXISTS (SELECT 1 FROM schedules s WHERE s.id = v.schedule_id)
		OR EXISTS (SELECT 1 FROM versions l WHERE l.schedule_id = v.schedule_id AND l.version > v.version))`
	oldHolds = `FROM holds WHERE ends_at < ?1 AND NOT EXISTS (
	SELECT 1 FROM firings f INDEXED BY firings_held WHERE f.hold_id = holds.id AND f.hold_id <> '')`
	isOldQuery = "SELECT 1 WHERE EXISTS (SELECT 1 " + oldFirings + ") OR EXISTS (SELECT 1 " + oldVersions +
		") OR EXISTS (SELECT 1 " + oldHolds + ")"
)

func (t *tx) isOld(before int64) (old bool, err error) {
	err = t.query(func(*sql.Rows) error {
		old = true
		return nil
	}, isOldQuery, before)
	return old, err
}

// keepSince moves what is known to be kept, when something is to be deleted.
func (t *tx) keepSince(before int64, some bool) (err error) {
	if !some {
		if some, err = t.isOld(before); err != nil {
			return err
		}
	}
	if !some {
		return nil
	}
	return t.exec("UPDATE ledger SET kept_since = ?1 WHERE kept_since IS NULL OR kept_since < ?1", before)
}

const deleteLogQuery = `DELETE FROM run_log WHERE run_id = ?1 AND (attempt, seq) IN (
	SELECT attempt, seq FROM run_log WHERE run_id = ?1 ORDER BY attempt, seq LIMIT ?2) RETURNING 1`

// deleteRun deletes a run, its log first. It reports false when there was no time
// for all of that.
func (t *tx) deleteRun(r oldRun, until time.Time) (gone bool, err error) {
	for lines := pruneLines; lines == pruneLines; {
		lines = 0
		err := t.query(func(*sql.Rows) error {
			lines++
			return nil
		}, deleteLogQuery, r.id, pruneLines)
		if err != nil || lines == pruneLines && time.Now().After(until) {
			return false, err
		}
	}
	if err := t.exec("DELETE FROM attempts WHERE run_id = ?", r.id); err != nil {
		return false, err
	}
	t.tally[counted{"runs", string(r.state)}]--
	return true, t.exec("DELETE FROM runs WHERE id = ?", r.id)
}

const deleteFiringsQuery = "DELETE FROM firings WHERE (schedule_id, due_at) IN (SELECT schedule_id, due_at " + oldFirings +
	" ORDER BY settled_at LIMIT ?2) RETURNING outcome"

func (t *tx) deleteFirings(before int64, limit int) (n int64, err error) {
	if limit <= 0 {
		return 0, nil
	}
	err = t.query(func(rows *sql.Rows) error {
		var outcome string
		err := rows.Scan(&outcome)
		t.tally[counted{"firings", outcome}]--
		n++
		return err
	}, deleteFiringsQuery, before, limit)
	return n, err
}

const (
	deleteVersionsQuery = "DELETE FROM versions WHERE (schedule_id, version) IN (SELECT schedule_id, version " + oldVersions +
		" ORDER BY until LIMIT ?2)"
	deleteHoldsQuery = "DELETE FROM holds WHERE id IN (SELECT id " + oldHolds + " ORDER BY ends_at LIMIT ?2)"
)

// deletePast deletes versions and holds that are out of force.
func (t *tx) deletePast(before int64, limit int) error {
	if err := t.exec(deleteVersionsQuery, before, limit); err != nil {
		return err
	}
	return t.exec(deleteHoldsQuery, before, limit)
}

// cutoffQuery merges one list for each state, newest first.
func cutoffQuery() string {
	var arms []string
	for _, s := range run.States() {
		if !s.Open() {
			arms = append(arms, "SELECT created_at FROM runs INDEXED BY runs_state WHERE state = '"+string(s)+"'")
		}
	}
	return strings.Join(arms, " UNION ALL ") + " ORDER BY created_at DESC LIMIT 1 OFFSET ?"
}

// Cutoff is when the oldest of the newest n ended runs was made.
func (d *DB) Cutoff(ctx context.Context, n int64) (at time.Time, err error) {
	if n < 1 {
		return at, fmt.Errorf("reading which runs are too many: %d are to be kept: it must be 1 or more", n)
	}
	err = d.read(ctx, "reading which runs are too many", func(ctx context.Context, q queryer) error {
		total, err := collect(ctx, q, scanNumber,
			"SELECT coalesce(sum(n), 0) FROM counts WHERE of = 'runs' AND word NOT IN ('waiting', 'running')")
		if err != nil || total[0] < n {
			return err
		}
		found, err := collect(ctx, q, scanNumber, cutoffQuery(), n-1)
		if err == nil && len(found) > 0 {
			at = fromMicros(found[0])
		}
		return err
	})
	return at, err
}

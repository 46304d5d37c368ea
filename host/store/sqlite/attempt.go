package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"butlerd/host/run"
	"butlerd/host/store"
)

// End ends a running attempt and its run.
func (d *DB) End(ctx context.Context, e store.AttemptEnd) (bool, error) {
	if err := e.Check(); err != nil {
		return false, fmt.Errorf("ending an attempt: %w", err)
	}
	return submit(ctx, d.writer, "ending an attempt", (*tx).end, e)
}

// fence is what an attempt must match to be ended.
type fence struct {
	runID  string
	number int
	hostID string
}

const endAttemptQuery = `
WITH ended (run_id, number, host_id, state, reason, at, summary, error, result, lines, bytes, dropped) AS (VALUES ())
UPDATE attempts SET state = ended.state, reason = ended.reason, ended_at = ended.at,
	summary = ended.summary, error = ended.error, result = ended.result,
	log_lines = ended.lines, log_bytes = ended.bytes, dropped = ended.dropped
FROM ended WHERE attempts.run_id = ended.run_id AND attempts.number = ended.number
	AND attempts.host_id = ended.host_id AND attempts.state = 'running'
RETURNING run_id, number, host_id`

func (t *tx) end(ends []store.AttemptEnd) ([]bool, error) {
	firsts, args := map[fence]int{}, []any(nil)
	for i, e := range ends {
		key := fence{e.RunID, e.Number, e.HostID}
		if _, twice := firsts[key]; !twice {
			firsts[key] = i
			args = append(args, e.RunID, int64(e.Number), e.HostID, string(e.State), string(e.Reason),
				micros(e.At), e.Summary, e.Error, textOrNull(e.Result), e.LogLines, e.LogBytes, e.Dropped)
		}
	}
	ended := make([]bool, len(ends))
	var won []store.AttemptEnd
	err := t.bulk(func(rows *sql.Rows) error {
		var key fence
		if err := rows.Scan(&key.runID, &key.number, &key.hostID); err != nil {
			return err
		}
		ended[firsts[key]] = true
		won = append(won, ends[firsts[key]])
		return nil
	}, endAttemptQuery, 12, args)
	if err != nil {
		return nil, err
	}
	return ended, t.endRuns(won)
}

const endRunQuery = `
WITH ended (id, state, reason, at, summary, error) AS (VALUES ())
UPDATE runs SET state = ended.state, reason = ended.reason, ended_at = ended.at,
	summary = ended.summary, error = ended.error
FROM ended WHERE runs.id = ended.id`

// endRuns ends the runs of attempts that were ended, and keeps their last log
// entries.
func (t *tx) endRuns(ends []store.AttemptEnd) error {
	args, ids, entries := []any(nil), []any(nil), []run.LogEntry(nil)
	for _, e := range ends {
		ids = append(ids, e.RunID)
		args = append(args, e.RunID, string(e.State), string(e.Reason), micros(e.At), e.Summary, e.Error)
		entries = append(entries, e.Entries...)
		t.tally.move(run.Running, e.State)
	}
	if err := t.bulk(nil, endRunQuery, 6, args); err != nil {
		return err
	}
	if err := t.keep(ids); err != nil {
		return err
	}
	return t.addEntries(entries)
}

// Abandon ends a waiting run that will not be started.
func (d *DB) Abandon(ctx context.Context, a store.Abandon) (bool, error) {
	if err := a.Check(); err != nil {
		return false, fmt.Errorf("abandoning a run: %w", err)
	}
	return submit(ctx, d.writer, "abandoning a run", each((*tx).abandon), a)
}

func (t *tx) abandon(a store.Abandon) (done bool, err error) {
	err = t.query(func(*sql.Rows) error {
		done = true
		t.tally.move(run.Waiting, a.State)
		return nil
	}, `UPDATE runs SET state = ?, reason = ?, ended_at = ?, error = ?
		WHERE id = ? AND state = 'waiting' RETURNING id`,
		string(a.State), string(a.Reason), micros(a.At), a.Error, a.RunID)
	if err != nil || !done {
		return false, err
	}
	return true, t.keep([]any{a.RunID})
}

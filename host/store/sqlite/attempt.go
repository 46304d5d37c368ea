package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"butlerd/host/run"
	"butlerd/host/store"
)

// End ends a running attempt and its run, or has the run wait for another one.
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
RETURNING run_id, number, host_id, resumes`

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
	var again []waits
	err := t.bulk(func(rows *sql.Rows) error {
		var key fence
		var resumes int
		if err := rows.Scan(&key.runID, &key.number, &key.hostID, &resumes); err != nil {
			return err
		}
		e := ends[firsts[key]]
		if ended[firsts[key]] = true; e.Again == nil {
			won = append(won, e)
			return nil
		}
		r := e.Again.Of(run.Run{ID: e.RunID}, e.Number, resumes, e.At)
		again = append(again, waits{r, e.Entries})
		return nil
	}, endAttemptQuery, 12, args)
	if err != nil {
		return nil, err
	}
	if err := t.waitAgain(again); err != nil {
		return nil, err
	}
	return ended, t.endRuns(won)
}

// waits is a run that waits for another attempt, with the last log entries of the
// one before.
type waits struct {
	run.Run
	entries []run.LogEntry
}

const waitAgainQuery = `
WITH again (id, ready_at, wait_until, resume) AS (VALUES ())
UPDATE runs SET state = 'waiting', ready_at = again.ready_at, wait_until = again.wait_until, resume = again.resume
FROM again WHERE runs.id = again.id`

// waitAgain has runs wait whose attempts were ended.
func (t *tx) waitAgain(all []waits) error {
	var args []any
	var entries []run.LogEntry
	for _, r := range all {
		args = append(args, r.ID, microsOrNull(r.ReadyAt), microsOrNull(r.WaitUntil), int64(r.Resume))
		entries = append(entries, r.entries...)
		t.tally.move(run.Running, run.Waiting)
	}
	if err := t.bulk(nil, waitAgainQuery, 4, args); err != nil {
		return err
	}
	return t.addEntries(entries)
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
	err = t.query(func(rows *sql.Rows) error {
		var state run.State
		err := rows.Scan((*string)(&state))
		done = true
		t.tally.move(run.Waiting, state)
		return err
	}, `UPDATE runs SET state = iif(resume = 0, ?, 'lost'), reason = iif(resume = 0, ?, 'unknown_end'), ended_at = ?, error = ?
		WHERE id = ? AND state = 'waiting' RETURNING state`,
		string(a.State), string(a.Reason), micros(a.At), a.Error, a.RunID)
	if err != nil || !done {
		return false, err
	}
	return true, t.keep([]any{a.RunID})
}

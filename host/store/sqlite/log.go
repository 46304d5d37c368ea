package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"butlerd/host/run"
	"butlerd/host/store"
)

// said is what a host wants to append to the logs of runs.
type said struct {
	hostID  string
	entries []run.LogEntry
}

// Log appends to the logs of runs whose attempts the host executes.
func (d *DB) Log(ctx context.Context, hostID string, entries []run.LogEntry) error {
	if err := store.CheckLog(entries); err != nil {
		return fmt.Errorf("keeping log entries: %w", err)
	}
	_, err := submit(ctx, d.writer, "keeping log entries", (*tx).log, said{hostID, entries})
	return err
}

const logColumns = "run_id, attempt, seq, at, kind, level, text, attributes"

const logQuery = `
WITH said (run_id, attempt, seq, at, kind, level, text, attributes, host_id) AS (VALUES ())
INSERT INTO run_log (` + logColumns + `) SELECT ` + logColumns + ` FROM said
WHERE EXISTS (SELECT 1 FROM attempts a WHERE a.run_id = said.run_id AND a.number = said.attempt
	AND a.host_id = said.host_id AND a.state = 'running')
ON CONFLICT DO NOTHING`

func (t *tx) log(all []said) ([]struct{}, error) {
	var args []any
	for _, some := range all {
		for _, e := range some.entries {
			args = append(entryArgs(args, e), some.hostID)
		}
	}
	return make([]struct{}, len(all)), t.bulk(nil, logQuery, 9, args)
}

// addEntries adds the entries that come with the end of their attempts.
func (t *tx) addEntries(entries []run.LogEntry) error {
	args := make([]any, 0, 8*len(entries))
	for _, e := range entries {
		args = entryArgs(args, e)
	}
	return t.bulk(nil, "INSERT INTO run_log ("+logColumns+") VALUES () ON CONFLICT DO NOTHING", 8, args)
}

// entryArgs appends the values of logColumns.
func entryArgs(args []any, e run.LogEntry) []any {
	return append(args, e.RunID, int64(e.Attempt), e.Seq, micros(e.At), string(e.Kind), e.Level, e.Text,
		textOrNull(e.Attributes))
}

// textOrNull keeps JSON as text, which the tables want, and none as NULL.
func textOrNull(j json.RawMessage) any {
	if j == nil {
		return nil
	}
	return string(j)
}

// RunLog returns log entries of a run in order.
func (d *DB) RunLog(ctx context.Context, q store.LogQuery) (entries []run.LogEntry, err error) {
	limit, err := store.PageSize(q.Limit, store.MaxPage)
	if err != nil {
		return nil, err
	}
	err = d.read(ctx, "reading a run's log", func(ctx context.Context, db queryer) (err error) {
		entries, err = collect(ctx, db, scanEntry, "SELECT "+logColumns+` FROM run_log
			WHERE run_id = ? AND (attempt, seq) > (?, ?) ORDER BY attempt, seq LIMIT ?`,
			q.RunID, q.Attempt, q.Seq, limit)
		return err
	})
	return entries, err
}

func scanEntry(rows *sql.Rows) (e run.LogEntry, err error) {
	var at int64
	err = rows.Scan(&e.RunID, &e.Attempt, &e.Seq, &at, (*string)(&e.Kind), &e.Level, &e.Text,
		(*[]byte)(&e.Attributes))
	e.At = fromMicros(at)
	return e, err
}

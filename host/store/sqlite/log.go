package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"butlerd/host/run"
	"butlerd/host/store"
)

// Log appends to the logs of runs.
func (d *DB) Log(ctx context.Context, entries []run.LogEntry) error {
	if err := store.CheckLog(entries); err != nil {
		return fmt.Errorf("keeping log entries: %w", err)
	}
	_, err := submit(ctx, d.writer, "keeping log entries", (*tx).log, entries)
	return err
}

func (t *tx) log(all [][]run.LogEntry) ([]struct{}, error) {
	var entries []run.LogEntry
	for _, some := range all {
		entries = append(entries, some...)
	}
	return make([]struct{}, len(all)), t.addEntries(entries)
}

const logColumns = "run_id, attempt, seq, at, kind, level, text, attributes"

func (t *tx) addEntries(entries []run.LogEntry) error {
	args := make([]any, 0, 8*len(entries))
	for _, e := range entries {
		args = append(args, e.RunID, int64(e.Attempt), e.Seq, micros(e.At), string(e.Kind), e.Level, e.Text,
			textOrNull(e.Attributes))
	}
	return t.bulk(nil, "INSERT INTO run_log ("+logColumns+") VALUES () ON CONFLICT DO NOTHING", 8, args)
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
	limit, err := pageSize(q.Limit, store.MaxPage)
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

package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/run"
	"butlerd/host/store"
)

// logged are entries of a host.
type logged struct {
	hostID  string
	entries []run.LogEntry
}

func sizeOfLog(l logged) int { return sizeOfEntries(l.entries) }

func sizeOfEntries(entries []run.LogEntry) int {
	n := 0
	for _, e := range entries {
		n += 100 + len(e.Text) + len(e.Attributes)
	}
	return n
}

// Log appends to the logs of runs.
func (d *DB) Log(ctx context.Context, hostID string, entries []run.LogEntry) error {
	if err := store.CheckLog(entries); err != nil {
		return fmt.Errorf("keeping log entries: %w", err)
	}
	_, err := d.logs.submit(ctx, logged{hostID, entries})
	return err
}

const logColumns = "run_id, attempt, seq, at, kind, level, text, attributes"

const entryRows = `unnest($1::text[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[],
	$8::text[])`

// logQuery keeps what is of open attempts of the host that sends it.
const logQuery = "INSERT INTO run_log (" + logColumns + ") SELECT " + logColumns + ` FROM ROWS FROM (` + entryRows + `,
	unnest($9::text[])) AS e (` + logColumns + `, host)
WHERE (SELECT true FROM attempts a WHERE a.run_id = e.run_id AND a.number = e.attempt AND a.host_id = e.host
	AND a.state = 'running' LIMIT 1)
ON CONFLICT DO NOTHING`

const addEntriesQuery = "INSERT INTO run_log (" + logColumns + ") SELECT * FROM " + entryRows + " ON CONFLICT DO NOTHING"

func (t *tx) log(all []logged) ([]struct{}, error) {
	var entries []run.LogEntry
	var of, hosts []string
	for _, l := range all {
		entries = append(entries, l.entries...)
		of = append(of, slices.Repeat([]string{l.hostID}, len(l.entries))...)
		if !slices.Contains(hosts, l.hostID) {
			hosts = append(hosts, l.hostID)
		}
	}
	t.keepUp(hosts)
	if len(entries) > 0 {
		t.q(logQuery, append(entryArgs(entries), of)...)
	}
	return make([]struct{}, len(all)), t.flush()
}

// addEntries queues entries of attempts that this transaction ends.
func (t *tx) addEntries(entries []run.LogEntry) {
	if len(entries) > 0 {
		t.q(addEntriesQuery, entryArgs(entries)...)
	}
}

func entryArgs(entries []run.LogEntry) []any {
	return []any{
		column(entries, func(e run.LogEntry) string { return e.RunID }),
		column(entries, func(e run.LogEntry) int64 { return int64(e.Attempt) }),
		column(entries, func(e run.LogEntry) int64 { return e.Seq }),
		column(entries, func(e run.LogEntry) time.Time { return e.At }),
		column(entries, func(e run.LogEntry) string { return string(e.Kind) }),
		column(entries, func(e run.LogEntry) string { return e.Level }),
		column(entries, func(e run.LogEntry) string { return e.Text }),
		column(entries, func(e run.LogEntry) *string { return textOrNull(e.Attributes) }),
	}
}

// RunLog returns log entries of a run in order.
func (d *DB) RunLog(ctx context.Context, q store.LogQuery) (entries []run.LogEntry, err error) {
	limit, err := store.PageSize(q.Limit, store.MaxPage)
	if err != nil {
		return nil, err
	}
	err = d.read(ctx, "reading a run's log", func(t *tx) error {
		list(t, &entries, scanEntry, runLogQuery, q.RunID, q.Attempt, q.Seq, limit)
		return nil
	})
	return entries, err
}

const runLogQuery = "SELECT " + logColumns + ` FROM run_log
WHERE run_id = $1 AND (attempt, seq) > ($2, $3) ORDER BY attempt, seq LIMIT $4`

func scanEntry(rows pgx.Rows) (e run.LogEntry, err error) {
	err = rows.Scan(&e.RunID, &e.Attempt, &e.Seq, &e.At, (*string)(&e.Kind), &e.Level, &e.Text,
		(*document)(&e.Attributes))
	e.At = e.At.UTC()
	return e, err
}

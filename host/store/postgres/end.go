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

// End ends a running attempt and its run, or has the run wait for another one.
func (d *DB) End(ctx context.Context, e store.AttemptEnd) (bool, error) {
	if err := e.Check(); err != nil {
		return false, fmt.Errorf("ending an attempt: %w", err)
	}
	return d.ends.submit(ctx, e)
}

func sizeOfEnd(e store.AttemptEnd) int {
	return 200 + len(e.Summary) + len(e.Error) + len(e.Result) + sizeOfEntries(e.Entries)
}

// endQuery ends attempts that are open and of the host that ends them, and their
// runs, or has these wait for another one. It returns which. An attempt that looked
// for another one has started nothing that could be looked for.
const endQuery = `
WITH ends AS (
	SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
		$8::text[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[],
		$14::boolean[], $15::timestamptz[], $16::timestamptz[], $17::boolean[])
	AS e (n, run_id, number, host_id, state, reason, at, summary, error, result, lines, bytes, dropped,
		again, ready_at, wait_until, resume)
), ended AS (
	UPDATE attempts a SET state = e.state, reason = e.reason, ended_at = e.at, summary = e.summary, error = e.error,
		result = e.result, log_lines = e.lines, log_bytes = e.bytes, dropped = e.dropped
	FROM ends e WHERE a.run_id = e.run_id AND a.number = e.number AND a.host_id = e.host_id AND a.state = 'running'
	RETURNING e.n, a.run_id, a.state, a.reason, a.ended_at, a.summary, a.error, e.again, e.ready_at, e.wait_until,
		CASE WHEN e.resume AND a.resumes > 0 THEN a.resumes WHEN e.resume THEN a.number ELSE 0 END AS resume
)
UPDATE runs r SET state = CASE WHEN e.again THEN 'waiting' ELSE e.state END,
	reason = CASE WHEN e.again THEN r.reason ELSE e.reason END, summary = CASE WHEN e.again THEN r.summary ELSE e.summary END,
	error = CASE WHEN e.again THEN r.error ELSE e.error END, ended_at = CASE WHEN NOT e.again THEN e.ended_at END,
	ready_at = CASE WHEN e.again THEN e.ready_at ELSE r.ready_at END,
	wait_until = CASE WHEN e.again THEN e.wait_until ELSE r.wait_until END,
	resume = CASE WHEN e.again THEN e.resume ELSE r.resume END
FROM ended e WHERE r.id = e.run_id RETURNING e.n, r.plugin, r.state`

// attemptKey is what an attempt must match to be ended.
type attemptKey struct {
	runID  string
	number int
	hostID string
}

// end ends attempts, each but once.
func (t *tx) end(ends []store.AttemptEnd) ([]bool, error) {
	var rows []int
	var hosts []string
	seen := make(map[attemptKey]bool, len(ends))
	for i, e := range ends {
		key := attemptKey{e.RunID, e.Number, e.HostID}
		if !seen[key] {
			seen[key], rows = true, append(rows, i)
		}
		if !slices.Contains(hosts, e.HostID) {
			hosts = append(hosts, e.HostID)
		}
	}
	t.keepUp(hosts)
	done := make([]bool, len(ends))
	each(t, func(r pgx.Rows) error {
		var n int
		var plugin string
		var state run.State
		err := r.Scan(&n, &plugin, (*string)(&state))
		done[n] = true
		t.tally.move(plugin, run.Running, state)
		return err
	}, endQuery, endArgs(ends, rows)...)
	if err := t.flush(); err != nil {
		return nil, err
	}
	var entries []run.LogEntry
	for i, e := range ends {
		if done[i] {
			entries = append(entries, e.Entries...)
		}
	}
	t.addEntries(entries)
	if t.tally[counted{ofRuns, string(run.Waiting)}] > 0 {
		t.wake()
	}
	return done, nil
}

func endArgs(ends []store.AttemptEnd, rows []int) []any {
	text := func(of func(store.AttemptEnd) string) []string {
		return column(rows, func(i int) string { return of(ends[i]) })
	}
	number := func(of func(store.AttemptEnd) int64) []int64 {
		return column(rows, func(i int) int64 { return of(ends[i]) })
	}
	again := func(of func(run.Run) time.Time) []*time.Time {
		return column(rows, func(i int) *time.Time {
			if ends[i].Again == nil {
				return nil
			}
			return orNull(of(ends[i].Again.Of(run.Run{}, 0, 0, ends[i].At)))
		})
	}
	return []any{
		column(rows, func(i int) int64 { return int64(i) }),
		text(func(e store.AttemptEnd) string { return e.RunID }),
		number(func(e store.AttemptEnd) int64 { return int64(e.Number) }),
		text(func(e store.AttemptEnd) string { return e.HostID }),
		text(func(e store.AttemptEnd) string { return string(e.State) }),
		text(func(e store.AttemptEnd) string { return string(e.Reason) }),
		column(rows, func(i int) time.Time { return ends[i].At }),
		text(func(e store.AttemptEnd) string { return e.Summary }),
		text(func(e store.AttemptEnd) string { return e.Error }),
		column(rows, func(i int) *string { return textOrNull(ends[i].Result) }),
		number(func(e store.AttemptEnd) int64 { return e.LogLines }),
		number(func(e store.AttemptEnd) int64 { return e.LogBytes }),
		number(func(e store.AttemptEnd) int64 { return e.Dropped }),
		column(rows, func(i int) bool { return ends[i].Again != nil }),
		again(func(r run.Run) time.Time { return r.ReadyAt }),
		again(func(r run.Run) time.Time { return r.WaitUntil }),
		column(rows, func(i int) bool { return ends[i].Again != nil && ends[i].Again.Resume }),
	}
}

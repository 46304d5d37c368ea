package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"butlerd/host/schedule"
	"butlerd/host/store"
)

// nextRecord hands out records, and false at the end.
type nextRecord func() (store.Record, bool, error)

// Import takes records up into a ledger that is empty. from is called by the
// writer: it must not use this store.
func (d *DB) Import(ctx context.Context, from func() (store.Record, bool, error)) error {
	d.imports.Lock()
	defer d.imports.Unlock()
	_, err := submit(ctx, d.writer, "importing", each((*tx).takeUp), nextRecord(from))
	return err
}

const emptyQuery = `SELECT 1 WHERE EXISTS (SELECT 1 FROM schedules) OR EXISTS (SELECT 1 FROM versions)
	OR EXISTS (SELECT 1 FROM firings) OR EXISTS (SELECT 1 FROM runs)
	OR EXISTS (SELECT 1 FROM attempts) OR EXISTS (SELECT 1 FROM run_log)
	OR EXISTS (SELECT 1 FROM holds) OR EXISTS (SELECT 1 FROM seals)
	OR EXISTS (SELECT 1 FROM key_value_namespaces)`

func (t *tx) takeUp(from nextRecord) (struct{}, error) {
	none := struct{}{}
	err := t.query(func(*sql.Rows) error { return fmt.Errorf("the ledger is not empty: %w", store.ErrExists) }, emptyQuery)
	if err != nil {
		return none, err
	}
	in := intake{t: t}
	for {
		r, more, err := from()
		if err != nil {
			return none, err
		}
		if !more {
			break
		}
		if err := in.add(r); err != nil {
			return none, err
		}
	}
	if err := in.flush(); err != nil {
		return none, err
	}
	if err := t.exec(countKeysQuery); err != nil {
		return none, err
	}
	if err := t.exec(sumKeyValuesQuery); err != nil {
		return none, err
	}
	// The firings of open runs are kept as their run.
	return none, t.exec(`DELETE FROM firings WHERE (schedule_id, due_at) IN (
		SELECT schedule_id, due_at FROM runs INDEXED BY runs_open WHERE ended_at IS NULL AND ` + byFiring + `)`)
}

// The most that an intake holds: what one statement takes, unless the rows are
// large.
const (
	intakeRows  = 256
	intakeBytes = 4 << 20
)

// intake collects the values of records of one kind.
type intake struct {
	t     *tx
	kind  store.RecordKind
	args  []any
	rows  int
	bytes int
}

func (in *intake) add(r store.Record) error {
	if r.Kind != in.kind || in.rows == intakeRows || in.bytes > intakeBytes {
		if err := in.flush(); err != nil {
			return err
		}
		in.kind = r.Kind
	}
	args, err := in.t.rowArgs(r)
	in.args = append(in.args, args...)
	in.rows++
	in.bytes += len(r.Data)
	return err
}

func (in *intake) flush() error {
	if in.rows == 0 {
		return nil
	}
	query, width := insertQuery(in.kind), len(in.args)/in.rows
	err := in.t.bulk(nil, query, width, in.args)
	in.args, in.rows, in.bytes = nil, 0, 0
	return err
}

func insertQuery(kind store.RecordKind) string {
	switch kind {
	case store.RecordSchedule:
		return "INSERT INTO schedules (id, " + scheduleColumns + ") VALUES ()"
	case store.RecordVersion:
		return "INSERT INTO versions (schedule_id, " + scheduleColumns + ", until) VALUES ()"
	case store.RecordFiring:
		return "INSERT INTO firings (" + firingColumns + ") VALUES ()"
	case store.RecordRun:
		return addRunQuery
	case store.RecordAttempt:
		return "INSERT INTO attempts (" + attemptColumns + ") VALUES ()"
	case store.RecordLogEntry:
		return "INSERT INTO run_log (" + logColumns + ") VALUES ()"
	case store.RecordHold:
		return addHoldQuery
	case store.RecordSeal:
		return addSealQuery
	case store.RecordNamespace:
		return "INSERT INTO key_value_namespaces (name, keys) VALUES ()"
	case store.RecordKeyValue:
		return addKeyValueQuery
	}
	return `WITH l (until, since) AS (VALUES ()) UPDATE ledger SET settled_until = l.until, kept_since = l.since FROM l`
}

// rowArgs returns the values of a record's columns and counts the row.
func (t *tx) rowArgs(r store.Record) ([]any, error) {
	switch r.Kind {
	case store.RecordSchedule:
		return decoded(r, scheduleArgs)
	case store.RecordVersion:
		return decoded(r, func(v store.VersionRecord) ([]any, error) {
			args, err := scheduleArgs(v.ScheduleRecord)
			return append(args, v.Until), err
		})
	case store.RecordFiring:
		return decoded(r, func(f store.FiringRecord) ([]any, error) {
			t.tally.firing(f.Outcome)
			t.latest = max(t.latest, f.DueAt)
			return []any{f.ScheduleID, f.DueAt, string(f.Outcome), string(f.Reason), f.RunID, f.Version, f.SettledAt, f.HoldID}, nil
		})
	case store.RecordRun:
		return decoded(r, func(r store.RunRecord) ([]any, error) {
			t.tally.run(r.State)
			m, err := r.Run()
			return runArgs(nil, made{m, r.Kept(), r.Work}), err
		})
	case store.RecordAttempt:
		return decoded(r, attemptArgs)
	case store.RecordLogEntry:
		return decoded(r, func(e store.LogEntryRecord) ([]any, error) { return entryArgs(nil, e.LogEntry()), nil })
	case store.RecordHold:
		return decoded(r, func(h store.HoldRecord) ([]any, error) { return holdArgs(h.Hold()), nil })
	case store.RecordSeal:
		return decoded(r, func(s store.SealRecord) ([]any, error) { return sealArgs(s.Seal()), nil })
	case store.RecordNamespace:
		return decoded(r, func(n store.NamespaceRecord) ([]any, error) { return []any{n.Name, 0}, nil })
	case store.RecordKeyValue:
		return decoded(r, func(v store.KeyValueRecord) ([]any, error) { return keyValueArgs(v.KeyValue()), nil })
	case store.RecordLedger:
		return decoded(r, func(l store.LedgerRecord) ([]any, error) { return []any{l.SettledUntil, l.KeptSince}, nil })
	}
	return nil, fmt.Errorf("there is no record of the kind %.40q", r.Kind)
}

func decoded[Rec any](r store.Record, args func(Rec) ([]any, error)) ([]any, error) {
	var row Rec
	if err := r.Decode(&row); err != nil {
		return nil, err
	}
	return args(row)
}

// scheduleArgs returns the id and the values of scheduleColumns.
func scheduleArgs(r store.ScheduleRecord) ([]any, error) {
	var d schedule.Definition
	if err := json.Unmarshal([]byte(r.Definition), &d); err != nil {
		return nil, fmt.Errorf("decoding the definition of schedule %.200q: %w", r.ID, err)
	}
	return []any{r.ID, r.Version, string(r.Source), r.Origin, r.Started, r.CreatedAt, r.Since, r.By,
		d.Timing().Key(), d.Timezone, r.Definition}, nil
}

func attemptArgs(r store.AttemptRecord) ([]any, error) {
	return []any{r.RunID, r.Number, r.HostID, string(r.State), string(r.Reason), r.StartedAt, r.EndedAt,
		r.Summary, r.Error, r.Result, r.LogLines, r.LogBytes, r.Dropped, r.Resumes, r.Checkpoint}, nil
}

package sqlite

import (
	"context"
	"database/sql"

	"butlerd/host/store"
)

// Export hands out everything that the ledger holds, as it was when it began.
// Others go on writing; the journal keeps what they write until it is over.
func (d *DB) Export(ctx context.Context, to func(store.Record) error) error {
	return d.read(ctx, "exporting", func(ctx context.Context, q queryer) error {
		for _, s := range sources() {
			rows, err := q.QueryContext(ctx, s.query)
			if err != nil {
				return err
			}
			if err := drain(rows, func(rows *sql.Rows) error { return s.hand(rows, to) }); err != nil {
				return err
			}
		}
		return nil
	})
}

// source is where the records of a kind come from.
type source struct {
	kind  store.RecordKind
	query string
	row   func(*sql.Rows) (any, error)
}

func (s source) hand(rows *sql.Rows, to func(store.Record) error) error {
	row, err := s.row(rows)
	if err != nil {
		return err
	}
	r, err := store.NewRecord(s.kind, row)
	if err != nil {
		return err
	}
	return to(r)
}

// exportFirings puts the firings whose run is open among the others.
const exportFirings = "SELECT " + firingColumns + ` FROM firings UNION ALL
SELECT ` + firingOfRun + ` FROM runs INDEXED BY runs_open
WHERE ended_at IS NULL AND ` + byFiring + ` ORDER BY schedule_id, due_at`

// sources lists the kinds in the order of an export.
func sources() []source {
	return []source{
		{store.RecordSchedule, "SELECT id, " + scheduleColumns + " FROM schedules ORDER BY seq",
			func(rows *sql.Rows) (any, error) { return scanScheduleRecord(rows) }},
		{store.RecordVersion, "SELECT schedule_id, " + scheduleColumns + ", until FROM versions ORDER BY schedule_id, version",
			func(rows *sql.Rows) (any, error) {
				var until int64
				r, err := scanScheduleRecord(rows, &until)
				return store.VersionRecord{ScheduleRecord: r, Until: until}, err
			}},
		{store.RecordFiring, exportFirings, recordOf(scanFiring, store.FiringRecordOf)},
		{store.RecordRun, "SELECT " + runColumns + ", " + keptColumns + " FROM runs ORDER BY id",
			func(rows *sql.Rows) (any, error) {
				m, err := scanMade(rows)
				if err != nil {
					return nil, err
				}
				return store.RunRecordOf(m.Run, m.Kept)
			}},
		{store.RecordAttempt, "SELECT " + attemptColumns + " FROM attempts ORDER BY run_id, number",
			recordOf(scanAttempt, store.AttemptRecordOf)},
		{store.RecordLogEntry, "SELECT " + logColumns + " FROM run_log ORDER BY run_id, attempt, seq",
			recordOf(scanEntry, store.LogEntryRecordOf)},
		{store.RecordHold, "SELECT " + holdColumns + " FROM holds ORDER BY id", recordOf(scanHold, store.HoldRecordOf)},
		{store.RecordSeal, "SELECT " + sealColumns + " FROM seals ORDER BY day", recordOf(scanSeal, store.SealRecordOf)},
		{store.RecordLedger, "SELECT settled_until, kept_since FROM ledger", scanLedgerRecord},
		{store.RecordNamespace, namespacesQuery, recordOf(scanText, func(name string) store.NamespaceRecord { return store.NamespaceRecord{Name: name} })},
		{store.RecordKeyValue, exportKeyValues, recordOf(scanKeyValue, store.KeyValueRecordOf)},
	}
}

func recordOf[Row, Rec any](scan func(*sql.Rows) (Row, error), record func(Row) Rec) func(*sql.Rows) (any, error) {
	return func(rows *sql.Rows) (any, error) {
		row, err := scan(rows)
		return record(row), err
	}
}

// scanScheduleRecord reads an id, scheduleColumns and more.
func scanScheduleRecord(rows *sql.Rows, more ...any) (store.ScheduleRecord, error) {
	var id string
	var r scheduleRow
	err := rows.Scan(append(append([]any{&id}, r.targets()...), more...)...)
	return store.ScheduleRecord{
		ID: id, Version: r.s.Version, Source: r.s.Source, Origin: r.s.Origin, Started: r.s.Started,
		CreatedAt: r.created, Since: r.since, By: r.by, Definition: string(r.definition),
	}, err
}

func scanLedgerRecord(rows *sql.Rows) (any, error) {
	var r store.LedgerRecord
	err := rows.Scan(&r.SettledUntil, &r.KeptSince)
	return r, err
}

package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/run"
	"butlerd/host/store"
)

// Export hands out everything that the ledger holds, hosts aside. Rows are
// handed out as they come, however many there are.
func (d *DB) Export(ctx context.Context, to func(store.Record) error) error {
	return d.called(ctx, "exporting the ledger", func() error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		return d.transact(ctx, beginRead, true, func(t *tx) error {
			t.q("SELECT set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true)")
			if err := t.flush(); err != nil {
				return err
			}
			for _, kind := range store.RecordKinds() {
				if err := t.export(kind, to); err != nil {
					cancel() // or all the other rows would be read first
					return err
				}
			}
			return nil
		})
	})
}

// exportOf says how rows of a kind are read. Ids are compared by bytes.
func exportOf(kind store.RecordKind) (query string, scan func(pgx.Rows) (any, error)) {
	switch kind {
	case store.RecordSchedule:
		return "SELECT id, " + scheduleColumns + " FROM schedules ORDER BY seq",
			func(rows pgx.Rows) (any, error) { return scanScheduleRecord(rows) }
	case store.RecordVersion:
		return "SELECT schedule_id, " + scheduleColumns + ", until FROM versions ORDER BY schedule_id, version",
			func(rows pgx.Rows) (any, error) { return scanVersionRecord(rows) }
	case store.RecordFiring:
		return "SELECT " + firingColumns + " FROM firings ORDER BY schedule_id, due_at",
			func(rows pgx.Rows) (any, error) { f, err := scanFiring(rows); return store.FiringRecordOf(f), err }
	case store.RecordRun:
		return "SELECT " + runColumns + ", " + keptColumns + " FROM runs ORDER BY id",
			func(rows pgx.Rows) (any, error) { return scanRunRecord(rows) }
	case store.RecordHold:
		return "SELECT " + holdColumns + " FROM holds ORDER BY id",
			func(rows pgx.Rows) (any, error) { h, err := scanHold(rows); return store.HoldRecordOf(h), err }
	case store.RecordSeal:
		return "SELECT " + sealColumns + " FROM seals ORDER BY day",
			func(rows pgx.Rows) (any, error) { s, err := scanSeal(rows); return store.SealRecordOf(s), err }
	case store.RecordAttempt:
		return "SELECT " + attemptColumns + " FROM attempts ORDER BY run_id, number",
			func(rows pgx.Rows) (any, error) { a, err := scanAttempt(rows); return store.AttemptRecordOf(a), err }
	case store.RecordLogEntry:
		return "SELECT " + logColumns + " FROM run_log ORDER BY run_id, attempt, seq",
			func(rows pgx.Rows) (any, error) { e, err := scanEntry(rows); return store.LogEntryRecordOf(e), err }
	case store.RecordNamespace:
		return namespacesQuery,
			func(rows pgx.Rows) (any, error) { n, err := scanText(rows); return store.NamespaceRecord{Name: n}, err }
	case store.RecordKeyValue:
		return exportKeyValues,
			func(rows pgx.Rows) (any, error) { v, err := scanKeyValue(rows); return store.KeyValueRecordOf(v), err }
	}
	return "SELECT (" + settledUntilQuery + "), kept_since FROM ledger", func(rows pgx.Rows) (any, error) {
		var until, kept *time.Time
		err := rows.Scan(&until, &kept)
		return store.LedgerRecord{SettledUntil: microsOrNull(until), KeptSince: microsOrNull(kept)}, err
	}
}

func scanRunRecord(rows pgx.Rows) (store.RunRecord, error) {
	var r run.Run
	var k keptRow
	if err := scanRunAnd(rows, &r, k.targets()...); err != nil {
		return store.RunRecord{}, err
	}
	return store.RunRecordOf(r, k.kept())
}

func (t *tx) export(kind store.RecordKind, to func(store.Record) error) error {
	query, scan := exportOf(kind)
	rows, err := t.conn.Query(t.ctx, query)
	if err != nil {
		return err
	}
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return err
		}
		record, err := store.NewRecord(kind, row)
		if err != nil {
			return err
		}
		if err := to(record); err != nil {
			return err
		}
	}
	return rows.Err()
}

func scanScheduleRecord(rows pgx.Rows, more ...any) (r store.ScheduleRecord, err error) {
	var row scheduleRow
	targets := append([]any{&r.ID}, row.targets()...)
	err = rows.Scan(append(targets, more...)...)
	s := row.s
	r.Version, r.Source, r.Origin, r.Started = s.Version, s.Source, s.Origin, s.Started
	r.CreatedAt, r.Since, r.By, r.Definition = s.CreatedAt.UnixMicro(), s.Since.UnixMicro(), row.by, string(row.definition)
	return r, err
}

func scanVersionRecord(rows pgx.Rows) (r store.VersionRecord, err error) {
	var until time.Time
	r.ScheduleRecord, err = scanScheduleRecord(rows, &until)
	r.Until = until.UnixMicro()
	return r, err
}

func microsOrNull(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	micros := t.UnixMicro()
	return &micros
}

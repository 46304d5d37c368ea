package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"butlerd/host/store"
)

// Import takes records up into a ledger that is empty, in one transaction.
func (d *DB) Import(ctx context.Context, from func() (store.Record, bool, error)) error {
	return d.called(ctx, "importing a ledger", func() error {
		return d.transact(ctx, beginWrite, true, func(t *tx) error {
			t.ctx, t.patience = ctx, time.Hour
			t.q("SELECT set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true)")
			t.lock(t.db.locks.change)
			if err := t.checkEmpty(); err != nil {
				return err
			}
			return t.importAll(from)
		})
	})
}

func (t *tx) checkEmpty() error {
	var holds bool
	t.q(`SELECT EXISTS (SELECT 1 FROM schedules) OR EXISTS (SELECT 1 FROM versions) OR EXISTS (SELECT 1 FROM firings)
		OR EXISTS (SELECT 1 FROM runs) OR EXISTS (SELECT 1 FROM holds) OR EXISTS (SELECT 1 FROM seals)
		OR EXISTS (SELECT 1 FROM key_value_namespaces)`).QueryRow(into(&holds))
	if err := t.flush(); err != nil {
		return err
	}
	if holds {
		return fmt.Errorf("a ledger that holds something: %w", store.ErrExists)
	}
	return nil
}

// What is copied at once at most.
const (
	importRows  = 5000
	importBytes = 8 << 20
)

// importAll copies runs of records of one kind.
func (t *tx) importAll(from func() (store.Record, bool, error)) error {
	var kind store.RecordKind
	var rows [][]any
	bytes := 0
	flush := func() error {
		err := t.copyRows(kind, rows)
		rows, bytes = nil, 0
		return err
	}
	for {
		r, more, err := from()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if r.Kind != kind || len(rows) >= importRows || bytes >= importBytes {
			if err := flush(); err != nil {
				return err
			}
			kind = r.Kind
		}
		row, err := t.importRow(r)
		if err != nil {
			return err
		}
		rows, bytes = append(rows, row), bytes+len(r.Data)
	}
	if err := flush(); err != nil {
		return err
	}
	t.q(countKeysQuery)
	t.q(sumKeyValuesQuery)
	// Revision 0 stands for a host that knows none of the schedules.
	t.q("UPDATE ledger SET revision = revision + 1")
	t.wake()
	return nil
}

func (t *tx) copyRows(kind store.RecordKind, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	if kind == store.RecordLedger {
		for _, row := range rows {
			t.q("UPDATE ledger SET settled_until = $1, kept_since = $2", row...)
		}
		return t.flush()
	}
	table, columns := tableOf(kind)
	_, err := t.conn.CopyFrom(t.ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
	return err
}

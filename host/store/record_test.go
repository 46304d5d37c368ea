package store

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/run"
)

func TestRecordsComeBack(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
	t.Run("a firing", func(t *testing.T) {
		t.Parallel()
		comesBack(t, run.Firing{ScheduleID: "<å>", DueAt: at, Outcome: run.Ran, RunID: "r", Version: 3, SettledAt: at},
			FiringRecordOf, FiringRecord.Firing)
	})
	t.Run("an open run", func(t *testing.T) {
		t.Parallel()
		comesBack(t, run.Run{ID: "r", DueAt: at, State: run.Waiting}, RunRecordOf, RunRecord.Run)
	})
	t.Run("an attempt", func(t *testing.T) {
		t.Parallel()
		comesBack(t, run.Attempt{RunID: "r", Number: 2, StartedAt: at, EndedAt: at, Result: json.RawMessage(` { "a" : 1.50 } `)},
			AttemptRecordOf, AttemptRecord.Attempt)
	})
	t.Run("a log entry", func(t *testing.T) {
		t.Parallel()
		comesBack(t, run.LogEntry{RunID: "r", Seq: 2, At: at, Kind: run.KindLog, Text: "\u2028<&>\n"},
			LogEntryRecordOf, LogEntryRecord.LogEntry)
	})
}

// comesBack checks that a row is the same when it was written and read.
func comesBack[Row, Rec any](t *testing.T, want Row, record func(Row) Rec, row func(Rec) Row) {
	t.Helper()
	r, err := NewRecord(RecordRun, record(want))
	if err != nil {
		t.Fatal(err)
	}
	var read Rec
	if err := r.Decode(&read); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, row(read)); diff != "" {
		t.Errorf("read again (-want +got):\n%s", diff)
	}
}

func TestRecordsWithUnknownMembersAreRefused(t *testing.T) {
	t.Parallel()
	var l LedgerRecord
	err := Record{Kind: RecordLedger, Data: json.RawMessage(`{"settled_until":1,"new":2}`)}.Decode(&l)
	if err == nil || !strings.Contains(err.Error(), "ledger") {
		t.Errorf("got the error %v, want one that names the kind", err)
	}
}

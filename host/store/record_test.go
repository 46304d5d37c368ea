package store

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"butlerd/host/run"
	"butlerd/host/schedule"
)

func TestRecordsComeBack(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
	t.Run("a firing", func(t *testing.T) {
		t.Parallel()
		comesBack(t, run.Firing{ScheduleID: "<å>", DueAt: at, Outcome: run.Ran, RunID: "r", HoldID: "h", Version: 3, SettledAt: at},
			FiringRecordOf, FiringRecord.Firing)
	})
	t.Run("an open run", func(t *testing.T) {
		t.Parallel()
		r := run.Run{
			ID: "r", DueAt: at, State: run.Waiting, Step: "s", ParentID: "p", Pool: "o", Priority: -3, ReadyAt: at, WaitUntil: at, Resume: 2,
			Work: &run.Work{Arguments: json.RawMessage(`{"a":"<&>"}`), Timeout: time.Minute},
		}
		comesBack(t, r, recordOfRun(t, Kept{}), func(record RunRecord) run.Run { return runOfRecord(t, record) })
	})
	t.Run("what is kept of a run's policy", func(t *testing.T) {
		t.Parallel()
		k := Kept{
			Overlap: schedule.OverlapQueue, OnLost: OnLostRetry, Attempts: 3, LostWait: time.Minute, MaxWait: time.Millisecond, Follow: true,
		}
		comesBack(t, k, func(k Kept) RunRecord { return recordOfRun(t, k)(run.Run{}) }, RunRecord.Kept)
	})
	t.Run("a value", func(t *testing.T) {
		t.Parallel()
		comesBack(t, KeyValue{Namespace: "<å>", Value: "\x01", ExpiresAt: at}, KeyValueRecordOf, KeyValueRecord.KeyValue)
		comesBack(t, KeyValue{Key: "k"}, KeyValueRecordOf, KeyValueRecord.KeyValue)
	})
	t.Run("a hold", func(t *testing.T) {
		t.Parallel()
		comesBack(t, Hold{ID: "h", All: true, Tag: "t", ScheduleID: "s", Reason: "r", By: "b", Since: at, Drain: true}, HoldRecordOf, HoldRecord.Hold)
		comesBack(t, Hold{Since: at, Until: at, ReleasedAt: at, ReleasedBy: "x"}, HoldRecordOf, HoldRecord.Hold)
	})
	t.Run("a seal", func(t *testing.T) {
		t.Parallel()
		comesBack(t, Seal{Day: at, Count: 3, Hash: "h", Previous: "p", SealedAt: at}, SealRecordOf, SealRecord.Seal)
	})
	t.Run("an attempt", func(t *testing.T) {
		t.Parallel()
		comesBack(t, run.Attempt{RunID: "r", Number: 2, StartedAt: at, EndedAt: at, Resumes: 1, Checkpoint: json.RawMessage(`{"a": 1}`), Result: json.RawMessage(` { "a" : 1.50 } `)},
			AttemptRecordOf, AttemptRecord.Attempt)
	})
	t.Run("a log entry", func(t *testing.T) {
		t.Parallel()
		comesBack(t, run.LogEntry{RunID: "r", Seq: 2, At: at, Kind: run.KindLog, Text: "\u2028<&>\n"},
			LogEntryRecordOf, LogEntryRecord.LogEntry)
	})
}

func recordOfRun(t *testing.T, k Kept) func(run.Run) RunRecord {
	return func(r run.Run) RunRecord {
		t.Helper()
		record, err := RunRecordOf(r, k)
		if err != nil {
			t.Fatal(err)
		}
		return record
	}
}

func runOfRecord(t *testing.T, record RunRecord) run.Run {
	t.Helper()
	r, err := record.Run()
	if err != nil {
		t.Fatal(err)
	}
	return r
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

func TestRecordsOfBeforeAreRead(t *testing.T) {
	t.Parallel()
	var r RunRecord
	err := Record{Kind: RecordRun, Data: json.RawMessage(`{"id":"r","due_at":1,"created_at":2,"state":"waiting","attempts":0}`)}.Decode(&r)
	want := run.Run{ID: "r", DueAt: moment(1), CreatedAt: moment(2), State: run.Waiting}
	if diff := cmp.Diff(want, runOfRecord(t, r)); diff != "" || err != nil || r.Kept() != (Kept{}) {
		t.Errorf("a run of before, %v, keeps %+v (-want +got):\n%s", err, r.Kept(), diff)
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

package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"butlerd/host/run"
)

// The rows of an archive. Each engine writes and reads them through these types,
// so that what one exports another imports, and the export of the copy is equal
// byte for byte.
//
// Times are microseconds since 1970 in UTC, which both engines keep; one that has
// not come is null. Definitions, results and attributes are JSON inside a string:
// they come back with each of their characters, also where they are deep or have
// white space. The order of records is part of the archive: that of creation for
// schedules, and for what is in the key-value store; for the others that of their key,
// texts compared byte by byte.
//
// A member that came later is absent from an archive that was written before, and
// then zero: its zero must mean what was true before it was there.

// ScheduleRecord is a schedule in force. Its place in the order of creation is
// its place among the records.
type ScheduleRecord struct {
	ID         string `json:"id"`
	Version    int64  `json:"version"`
	Source     Source `json:"source"`
	Origin     string `json:"origin"`
	Started    bool   `json:"started"`
	CreatedAt  int64  `json:"created_at"`
	Since      int64  `json:"since"`
	By         string `json:"by"`
	Definition string `json:"definition"` // JSON
}

// VersionRecord is a version that is not in force any more. Key: ID, Version.
type VersionRecord struct {
	ScheduleRecord
	Until int64 `json:"until"`
}

// FiringRecord is a settled firing. Key: ScheduleID, DueAt.
type FiringRecord struct {
	ScheduleID string      `json:"schedule_id"`
	DueAt      int64       `json:"due_at"`
	Outcome    run.Outcome `json:"outcome"`
	Reason     run.Reason  `json:"reason"`
	RunID      string      `json:"run_id"`
	HoldID     string      `json:"hold_id"`
	Version    int64       `json:"version"`
	SettledAt  int64       `json:"settled_at"`
}

// LedgerRecord is what is true of the whole ledger; there is one.
type LedgerRecord struct {
	SettledUntil *int64 `json:"settled_until"`
	KeptSince    *int64 `json:"kept_since"`
}

// NewRecord encodes a row.
func NewRecord(kind RecordKind, row any) (Record, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(row); err != nil {
		return Record{}, fmt.Errorf("encoding a record of %s: %w", kind, err)
	}
	return Record{Kind: kind, Data: bytes.TrimSuffix(b.Bytes(), []byte("\n"))}, nil
}

// Decode reads the row of a record. A member that is not known is an error: it
// would be lost.
func (r Record) Decode(row any) error {
	d := json.NewDecoder(bytes.NewReader(r.Data))
	d.DisallowUnknownFields()
	if err := d.Decode(row); err != nil {
		return fmt.Errorf("decoding a record of %.40s: %w", r.Kind, err)
	}
	return nil
}

// FiringRecordOf is the row of a firing.
func FiringRecordOf(f run.Firing) FiringRecord {
	return FiringRecord{
		ScheduleID: f.ScheduleID, DueAt: f.DueAt.UnixMicro(), Outcome: f.Outcome, Reason: f.Reason,
		RunID: f.RunID, HoldID: f.HoldID, Version: f.Version, SettledAt: f.SettledAt.UnixMicro(),
	}
}

// Firing is the firing of a row.
func (r FiringRecord) Firing() run.Firing {
	return run.Firing{
		ScheduleID: r.ScheduleID, DueAt: moment(r.DueAt), Outcome: r.Outcome, Reason: r.Reason,
		RunID: r.RunID, HoldID: r.HoldID, Version: r.Version, SettledAt: moment(r.SettledAt),
	}
}

func moment(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

func momentOrZero(micros *int64) time.Time {
	if micros == nil {
		return time.Time{}
	}
	return moment(*micros)
}

func microsOrNull(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	micros := t.UnixMicro()
	return &micros
}

func textOrNull(j json.RawMessage) *string {
	if j == nil {
		return nil
	}
	text := string(j)
	return &text
}

func rawOrNil(text *string) json.RawMessage {
	if text == nil {
		return nil
	}
	return json.RawMessage(*text)
}

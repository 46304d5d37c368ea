package postgres

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// tableOf is where records of a kind go, with the columns in the order of
// importRow.
func tableOf(kind store.RecordKind) (table string, columns []string) {
	names := func(lists ...string) []string {
		all := strings.Split(strings.Join(lists, ","), ",")
		for i := range all {
			all[i] = strings.TrimSpace(all[i])
		}
		return all
	}
	switch kind {
	case store.RecordSchedule:
		return "schedules", names("id", scheduleColumns, "revision")
	case store.RecordVersion:
		return "versions", names("schedule_id", scheduleColumns, "until, ended_revision")
	case store.RecordFiring:
		return "firings", names(firingColumns)
	case store.RecordRun:
		return "runs", names(runColumns, "followed, skips", keptColumns)
	case store.RecordAttempt:
		return "attempts", names(attemptColumns, "begun_by")
	case store.RecordHold:
		return "holds", names(holdColumns)
	case store.RecordSeal:
		return "seals", names(sealColumns)
	case store.RecordNamespace:
		return "key_value_namespaces", names("name, keys")
	case store.RecordKeyValue:
		return "key_values", names(keyValueColumns, "bytes")
	}
	return "run_log", names(logColumns)
}

// importRow decodes a record and counts it.
func (t *tx) importRow(r store.Record) ([]any, error) {
	switch r.Kind {
	case store.RecordSchedule:
		var s store.ScheduleRecord
		if err := r.Decode(&s); err != nil {
			return nil, err
		}
		row, err := scheduleValues(s)
		return append(row, int64(1)), err
	case store.RecordVersion:
		var v store.VersionRecord
		if err := r.Decode(&v); err != nil {
			return nil, err
		}
		row, err := scheduleValues(v.ScheduleRecord)
		return append(row, moment(v.Until), int64(0)), err
	case store.RecordFiring:
		var f store.FiringRecord
		err := r.Decode(&f)
		t.tally.firing(f.Outcome)
		return firingValues(f.Firing()), err
	case store.RecordRun:
		var one store.RunRecord
		if err := r.Decode(&one); err != nil {
			return nil, err
		}
		made, err := one.Run()
		t.tally.run(made)
		return append(runValues(made, one), keptValues(one.Kept())...), err
	case store.RecordAttempt:
		var a store.AttemptRecord
		err := r.Decode(&a)
		return attemptValues(a.Attempt()), err
	case store.RecordLogEntry:
		var e store.LogEntryRecord
		err := r.Decode(&e)
		return entryValues(e.LogEntry()), err
	case store.RecordLedger:
		var l store.LedgerRecord
		err := r.Decode(&l)
		return []any{momentOrNull(l.SettledUntil), momentOrNull(l.KeptSince)}, err
	case store.RecordHold:
		var h store.HoldRecord
		err := r.Decode(&h)
		return holdValues(h.Hold()), err
	case store.RecordSeal:
		var s store.SealRecord
		err := r.Decode(&s)
		return sealValues(s.Seal()), err
	case store.RecordNamespace:
		var n store.NamespaceRecord
		err := r.Decode(&n)
		return []any{n.Name, int64(0)}, err
	case store.RecordKeyValue:
		var v store.KeyValueRecord
		err := r.Decode(&v)
		return keyValueValues(v.KeyValue()), err
	}
	return nil, fmt.Errorf("there are no records of the kind %.40q", r.Kind)
}

func moment(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

func momentOrNull(micros *int64) *time.Time {
	if micros == nil {
		return nil
	}
	at := moment(*micros)
	return &at
}

func scheduleValues(s store.ScheduleRecord) ([]any, error) {
	var d schedule.Definition
	if err := json.Unmarshal([]byte(s.Definition), &d); err != nil {
		return nil, fmt.Errorf("decoding the definition of schedule %q: %w", s.ID, err)
	}
	return []any{s.ID, s.Version, string(s.Source), s.Origin, s.Started, moment(s.CreatedAt), moment(s.Since), s.By,
		d.Timing().Key(), d.Timezone, s.Definition}, nil
}

func firingValues(f run.Firing) []any {
	return []any{f.ScheduleID, f.DueAt, string(f.Outcome), string(f.Reason), f.RunID, f.HoldID, f.Version,
		f.SettledAt}
}

func runValues(r run.Run, record store.RunRecord) []any {
	return []any{r.ID, r.ScheduleID, r.ScheduleName, r.Version, string(r.Trigger), r.By, r.IdempotencyKey, r.DueAt,
		r.CreatedAt, orNull(r.StartedAt), orNull(r.EndedAt), string(r.State), string(r.Reason), r.Action, r.Plugin,
		r.Summary, r.Error, int64(r.Attempts), r.Step, r.ParentID, r.Pool, int64(r.Priority), orNull(r.ReadyAt),
		orNull(r.WaitUntil), int64(r.Resume), record.Work, !record.Follow, false}
}

func attemptValues(a run.Attempt) []any {
	return []any{a.RunID, int64(a.Number), a.HostID, string(a.State), string(a.Reason), a.StartedAt, orNull(a.EndedAt),
		a.Summary, a.Error, textOrNull(a.Result), a.LogLines, a.LogBytes, a.Dropped, int64(a.Resumes),
		textOrNull(a.Checkpoint), int64(0)}
}

func entryValues(e run.LogEntry) []any {
	return []any{e.RunID, int64(e.Attempt), e.Seq, e.At, string(e.Kind), e.Level, e.Text, textOrNull(e.Attributes)}
}

func holdValues(h store.Hold) []any {
	return []any{h.ID, h.All, h.Tag, h.ScheduleID, h.Reason, h.By, h.Since, orNull(h.Until), h.Drain,
		orNull(h.ReleasedAt), h.ReleasedBy}
}

func sealValues(s store.Seal) []any { return []any{s.Day, s.Count, s.Hash, s.Previous, s.SealedAt} }

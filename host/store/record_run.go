package store

import (
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
)

// RunRecord is a run. Key: ID.
type RunRecord struct {
	ID             string      `json:"id"`
	ScheduleID     string      `json:"schedule_id"`
	ScheduleName   string      `json:"schedule_name"`
	Version        int64       `json:"version"`
	Trigger        run.Trigger `json:"trigger"`
	By             string      `json:"by"`
	IdempotencyKey string      `json:"idempotency_key"`
	DueAt          int64       `json:"due_at"`
	CreatedAt      int64       `json:"created_at"`
	StartedAt      *int64      `json:"started_at"`
	EndedAt        *int64      `json:"ended_at"`
	State          run.State   `json:"state"`
	Reason         run.Reason  `json:"reason"`
	Action         string      `json:"action"`
	Plugin         string      `json:"plugin"`
	Summary        string      `json:"summary"`
	Error          string      `json:"error"`
	Attempts       int         `json:"attempts"`
	Step           string      `json:"step"`
	ParentID       string      `json:"parent_id"`
	Pool           string      `json:"pool"`
	Priority       int         `json:"priority"`
	ReadyAt        *int64      `json:"ready_at"`
	WaitUntil      *int64      `json:"wait_until"`
	Resume         int         `json:"resume"`
	// What is kept of the run's policy, see Kept.
	Overlap     schedule.Overlap `json:"overlap"`
	OnLost      OnLost           `json:"on_lost"`
	MaxAttempts int              `json:"max_attempts"`
	LostWait    int64            `json:"lost_wait"` // microseconds, as MaxWait
	MaxWait     int64            `json:"max_wait"`
	Follow      bool             `json:"follow"`
	Work        *string          `json:"work"` // JSON; null for a run of a schedule
}

// AttemptRecord is an attempt. Key: RunID, Number.
type AttemptRecord struct {
	RunID      string     `json:"run_id"`
	Number     int        `json:"number"`
	HostID     string     `json:"host_id"`
	State      run.State  `json:"state"`
	Reason     run.Reason `json:"reason"`
	StartedAt  int64      `json:"started_at"`
	EndedAt    *int64     `json:"ended_at"`
	Summary    string     `json:"summary"`
	Error      string     `json:"error"`
	Result     *string    `json:"result"` // JSON
	LogLines   int64      `json:"log_lines"`
	LogBytes   int64      `json:"log_bytes"`
	Dropped    int64      `json:"dropped"`
	Resumes    int        `json:"resumes"`
	Checkpoint *string    `json:"checkpoint"` // JSON
}

// LogEntryRecord is a line of a run's log. Key: RunID, Attempt, Seq.
type LogEntryRecord struct {
	RunID      string      `json:"run_id"`
	Attempt    int         `json:"attempt"`
	Seq        int64       `json:"seq"`
	At         int64       `json:"at"`
	Kind       run.LogKind `json:"kind"`
	Level      string      `json:"level"`
	Text       string      `json:"text"`
	Attributes *string     `json:"attributes"` // JSON
}

// RunRecordOf is the row of a run.
func RunRecordOf(r run.Run, k Kept) (RunRecord, error) {
	work, err := EncodeWork(r.Work)
	return RunRecord{
		ID: r.ID, ScheduleID: r.ScheduleID, ScheduleName: r.ScheduleName, Version: r.Version,
		Trigger: r.Trigger, By: r.By, IdempotencyKey: r.IdempotencyKey,
		DueAt: r.DueAt.UnixMicro(), CreatedAt: r.CreatedAt.UnixMicro(),
		StartedAt: microsOrNull(r.StartedAt), EndedAt: microsOrNull(r.EndedAt),
		State: r.State, Reason: r.Reason, Action: r.Action, Plugin: r.Plugin,
		Summary: r.Summary, Error: r.Error, Attempts: r.Attempts,
		Step: r.Step, ParentID: r.ParentID, Pool: r.Pool, Priority: r.Priority,
		ReadyAt: microsOrNull(r.ReadyAt), WaitUntil: microsOrNull(r.WaitUntil), Resume: r.Resume,
		Overlap: k.Overlap, OnLost: k.OnLost, MaxAttempts: k.Attempts, LostWait: k.LostWait.Microseconds(),
		MaxWait: k.MaxWait.Microseconds(), Follow: k.Follow, Work: work,
	}, err
}

// Run is the run of a row.
func (r RunRecord) Run() (run.Run, error) {
	work, err := DecodeWork(r.Work)
	return run.Run{
		ID: r.ID, ScheduleID: r.ScheduleID, ScheduleName: r.ScheduleName, Version: r.Version,
		Trigger: r.Trigger, By: r.By, IdempotencyKey: r.IdempotencyKey,
		DueAt: moment(r.DueAt), CreatedAt: moment(r.CreatedAt),
		StartedAt: momentOrZero(r.StartedAt), EndedAt: momentOrZero(r.EndedAt),
		State: r.State, Reason: r.Reason, Action: r.Action, Plugin: r.Plugin,
		Summary: r.Summary, Error: r.Error, Attempts: r.Attempts,
		Step: r.Step, ParentID: r.ParentID, Pool: r.Pool, Priority: r.Priority,
		ReadyAt: momentOrZero(r.ReadyAt), WaitUntil: momentOrZero(r.WaitUntil), Resume: r.Resume,
		Work: work,
	}, err
}

// Kept is what is kept of the policy of a row's run.
func (r RunRecord) Kept() Kept {
	return Kept{
		Overlap: r.Overlap, OnLost: r.OnLost, Attempts: r.MaxAttempts, Follow: r.Follow,
		LostWait: time.Duration(r.LostWait) * time.Microsecond, MaxWait: time.Duration(r.MaxWait) * time.Microsecond,
	}
}

// AttemptRecordOf is the row of an attempt.
func AttemptRecordOf(a run.Attempt) AttemptRecord {
	return AttemptRecord{
		RunID: a.RunID, Number: a.Number, HostID: a.HostID, State: a.State, Reason: a.Reason,
		StartedAt: a.StartedAt.UnixMicro(), EndedAt: microsOrNull(a.EndedAt),
		Summary: a.Summary, Error: a.Error, Result: textOrNull(a.Result),
		LogLines: a.LogLines, LogBytes: a.LogBytes, Dropped: a.Dropped,
		Resumes: a.Resumes, Checkpoint: textOrNull(a.Checkpoint),
	}
}

// Attempt is the attempt of a row.
func (r AttemptRecord) Attempt() run.Attempt {
	return run.Attempt{
		RunID: r.RunID, Number: r.Number, HostID: r.HostID, State: r.State, Reason: r.Reason,
		StartedAt: moment(r.StartedAt), EndedAt: momentOrZero(r.EndedAt),
		Summary: r.Summary, Error: r.Error, Result: rawOrNil(r.Result),
		LogLines: r.LogLines, LogBytes: r.LogBytes, Dropped: r.Dropped,
		Resumes: r.Resumes, Checkpoint: rawOrNil(r.Checkpoint),
	}
}

// LogEntryRecordOf is the row of a log entry.
func LogEntryRecordOf(e run.LogEntry) LogEntryRecord {
	return LogEntryRecord{
		RunID: e.RunID, Attempt: e.Attempt, Seq: e.Seq, At: e.At.UnixMicro(), Kind: e.Kind,
		Level: e.Level, Text: e.Text, Attributes: textOrNull(e.Attributes),
	}
}

// LogEntry is the log entry of a row.
func (r LogEntryRecord) LogEntry() run.LogEntry {
	return run.LogEntry{
		RunID: r.RunID, Attempt: r.Attempt, Seq: r.Seq, At: moment(r.At), Kind: r.Kind,
		Level: r.Level, Text: r.Text, Attributes: rawOrNil(r.Attributes),
	}
}

package api

import (
	"encoding/json"
	"time"

	"butlerd/host/run"
)

// runView is a run as v1 shows it.
type runView struct {
	ID              string  `json:"id"`
	ScheduleID      *string `json:"schedule_id"` // of a run of no schedule null, as is what follows
	ScheduleName    *string `json:"schedule_name"`
	ScheduleVersion *int64  `json:"schedule_version"`
	Trigger         string  `json:"trigger"`
	By              *string `json:"by"`
	IdempotencyKey  *string `json:"idempotency_key"`
	DueAt           *string `json:"due_at"`
	CreatedAt       *string `json:"created_at"`
	StartedAt       *string `json:"started_at"`
	EndedAt         *string `json:"ended_at"`
	DurationMS      *int64  `json:"duration_ms"` // from start to end
	State           string  `json:"state"`
	Reason          *string `json:"reason"`
	ReasonText      *string `json:"reason_text"`
	Action          string  `json:"action"`
	Plugin          string  `json:"plugin"`
	Summary         *string `json:"summary"`
	Error           *string `json:"error"`
	AttemptCount    int     `json:"attempt_count"`
	Step            *string `json:"step"`          // the follow-up that it executes
	ParentRunID     *string `json:"parent_run_id"` // whose end made it
	Pool            *string `json:"pool"`
	Priority        int     `json:"priority"`
	ReadyAt         *string `json:"ready_at"`   // when another attempt may start
	WaitUntil       *string `json:"wait_until"` // when it is given up if it still waits
}

func newRunView(r run.Run) runView {
	view := runView{
		ID:             r.ID,
		Trigger:        string(r.Trigger),
		By:             orNull(r.By),
		IdempotencyKey: orNull(r.IdempotencyKey),
		DueAt:          instant(r.DueAt),
		CreatedAt:      instant(r.CreatedAt),
		StartedAt:      instant(r.StartedAt),
		EndedAt:        instant(r.EndedAt),
		DurationMS:     milliseconds(r.StartedAt, r.EndedAt),
		State:          string(r.State),
		Reason:         orNull(string(r.Reason)),
		ReasonText:     orNull(r.Reason.Text()),
		Action:         r.Action,
		Plugin:         r.Plugin,
		Summary:        orNull(r.Summary),
		Error:          orNull(r.Error),
		AttemptCount:   r.Attempts,
		Step:           orNull(r.Step),
		ParentRunID:    orNull(r.ParentID),
		Pool:           orNull(r.Pool),
		Priority:       r.Priority,
		ReadyAt:        instant(r.ReadyAt),
		WaitUntil:      instant(r.WaitUntil),
	}
	if r.ScheduleID != "" {
		view.ScheduleID, view.ScheduleName, view.ScheduleVersion = &r.ScheduleID, &r.ScheduleName, &r.Version
	}
	return view
}

// milliseconds is how long something took; nil while one of the ends is open.
func milliseconds(from, to time.Time) *int64 {
	if from.IsZero() || to.IsZero() {
		return nil
	}
	ms := to.Sub(from).Milliseconds()
	return &ms
}

// attemptView is an attempt as v1 shows it.
type attemptView struct {
	Number     int             `json:"number"`
	HostID     string          `json:"host_id"`
	State      string          `json:"state"`
	Reason     *string         `json:"reason"`
	ReasonText *string         `json:"reason_text"`
	StartedAt  *string         `json:"started_at"`
	EndedAt    *string         `json:"ended_at"`
	DurationMS *int64          `json:"duration_ms"`
	Summary    *string         `json:"summary"`
	Error      *string         `json:"error"`
	Result     json.RawMessage `json:"result"` // nil is null
	LogLines   int64           `json:"log_lines"`
	LogBytes   int64           `json:"log_bytes"`
	LogDropped int64           `json:"log_dropped"` // entries that were not kept
	Resumes    *int            `json:"resumes"`     // the lost attempt that it looked for
	Checkpoint json.RawMessage `json:"checkpoint"`  // nil is null
}

func newAttemptView(a run.Attempt) attemptView {
	view := attemptView{
		Number:     a.Number,
		HostID:     a.HostID,
		State:      string(a.State),
		Reason:     orNull(string(a.Reason)),
		ReasonText: orNull(a.Reason.Text()),
		StartedAt:  instant(a.StartedAt),
		EndedAt:    instant(a.EndedAt),
		DurationMS: milliseconds(a.StartedAt, a.EndedAt),
		Summary:    orNull(a.Summary),
		Error:      orNull(a.Error),
		Result:     a.Result,
		LogLines:   a.LogLines,
		LogBytes:   a.LogBytes,
		LogDropped: a.Dropped,
		Checkpoint: a.Checkpoint,
	}
	if a.Resumes != 0 {
		view.Resumes = &a.Resumes
	}
	return view
}

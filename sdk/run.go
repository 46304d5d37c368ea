package sdk

import (
	"io"
	"log/slog"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"butlerd/sdk/internal/argument"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/wire"
)

// Run is one attempt of a run, as its action sees it. Its methods may be
// called concurrently; what comes after the action has returned is dropped.
// They block while the host is slow to read, but no longer than the attempt
// has a host that listens.
type Run struct {
	// ID is the run's; all attempts of a run share it.
	ID string
	// ScheduleID and ScheduleName are empty when no schedule is behind the run.
	ScheduleID   string
	ScheduleName string
	// Attempt counts from 1.
	Attempt int
	// Trigger is why the run exists: "firing", "api", "chain" or "catch_up".
	Trigger string
	// DueAt is the nominal instant of the firing, or the time of the request.
	DueAt time.Time
	// StartedAt is when the attempt started, by the host's clock.
	StartedAt time.Time
	// Log keeps lines with the run, from level debug on. A line's attributes
	// are cut at 16 KiB.
	Log *slog.Logger

	lost     *LostAttempt
	events   *events
	progress *progress
}

func newRun(r *actionv1.Run, e *events) *Run {
	return &Run{
		ID:           r.GetId(),
		ScheduleID:   r.GetScheduleId(),
		ScheduleName: r.GetScheduleName(),
		Attempt:      int(r.GetAttempt()),
		Trigger:      r.GetTrigger(),
		DueAt:        instant(r.GetDueAt()),
		StartedAt:    instant(r.GetStartedAt()),
		Log:          slog.New(&logHandler{events: e}),
		lost:         lostFrom(r.GetLost()),
		events:       e,
		progress:     newProgress(e),
	}
}

// instant keeps an absent time zero, where AsTime would make it 1970.
func instant(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// Progress says how far the action is: done of total, in whatever unit; total
// 0 when unknown. It may be called as often as one likes: about five a second
// are passed on, and always the last. The note is cut at 1 KiB.
func (r *Run) Progress(done, total int64, note string) {
	if r == nil || r.progress == nil {
		return
	}
	r.progress.report(&actionv1.Progress{Done: done, Total: total, Note: wire.Text(note, maxNote)})
}

// Accepted says that what this run asks for has been accepted by whoever does it:
// the order is placed, the reload is queued. It is not done, and may fail still.
// Somebody who asked for the run over the API, and waits only for this, is answered
// now. Calls after the first one do nothing. An action need not call it: one that
// succeeds was accepted.
func (r *Run) Accepted() {
	if r == nil || r.events == nil {
		return
	}
	r.events.accept()
}

// Output takes raw text that is kept as the run's output, such as what a
// command prints. Writing never fails: what nobody wants any more is dropped.
func (r *Run) Output() io.Writer {
	if r == nil || r.events == nil {
		return io.Discard
	}
	return &output{events: r.events}
}

// Summary sets the one line that stands for the run in lists and
// notifications: "greeted 3 people in 2s". The last call counts. It is cut at
// 1 KiB.
func (r *Run) Summary(text string) {
	if r == nil || r.events == nil {
		return
	}
	r.events.summarise(wire.Line(text, maxNote))
}

// Limits on what one event carries, in bytes.
const (
	maxNote       = 1 << 10 // a progress note or a summary
	maxMessage    = 16 << 10
	maxAttributes = 16 << 10
	maxChunk      = 32 << 10
	maxOutput     = argument.MaxDocument // of a result's JSON
)

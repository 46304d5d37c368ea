package plugin

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"butlerd/host/run"
	"butlerd/sdk"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/schema"
	"butlerd/sdk/wire"
)

// Limits on what a plugin sends of a run. Longer texts are cut.
const (
	maxLine       = 32 << 10 // bytes of a log line or a chunk of output
	maxAttributes = 16 << 10
	maxSummary    = 1 << 10
	maxError      = 4 << 10
	maxResult     = 1 << 20
	maxCheckpoint = sdk.MaxCheckpoint   // more is not kept
	maxRetryAfter = 30 * 24 * time.Hour // a later time counts as this
)

// readEvent makes a log entry of an event. It is false for events this host does
// not know.
func readEvent(c Call, message *actionv1.ExecuteResponse) (run.LogEntry, bool) {
	entry := run.LogEntry{
		RunID:   c.RunID,
		Attempt: c.Attempt,
		Seq:     int64(message.GetSeq()),
		At:      eventTime(message),
	}
	switch event := message.GetEvent().(type) {
	case *actionv1.ExecuteResponse_Log:
		entry.Kind = run.KindLog
		entry.Level = levelName(event.Log.GetLevel())
		entry.Text = wire.Text(event.Log.GetMessage(), maxLine)
		entry.Attributes = object(event.Log.GetAttributesJson(), maxAttributes)
	case *actionv1.ExecuteResponse_Output:
		entry.Kind = run.KindOutput
		entry.Text = wire.Text(string(event.Output.GetData()), maxLine)
	case *actionv1.ExecuteResponse_Progress:
		entry.Kind = run.KindProgress
		entry.Text = progressText(event.Progress)
	default:
		return run.LogEntry{}, false
	}
	return entry, true
}

func eventTime(message *actionv1.ExecuteResponse) time.Time {
	if t := message.GetTime(); t.IsValid() {
		return t.AsTime()
	}
	return time.Now().UTC()
}

func levelName(l actionv1.Log_Level) string {
	switch l {
	case actionv1.Log_LEVEL_DEBUG:
		return "debug"
	case actionv1.Log_LEVEL_WARN:
		return "warn"
	case actionv1.Log_LEVEL_ERROR:
		return "error"
	}
	return "info"
}

func progressText(p *actionv1.Progress) string {
	text := fmt.Sprint(p.GetDone())
	if p.GetTotal() > 0 {
		text = fmt.Sprintf("%d/%d", p.GetDone(), p.GetTotal())
	}
	return strings.TrimSpace(text + " " + wire.Text(p.GetNote(), maxSummary))
}

// object keeps data only when it is a JSON object within the limit.
func object(data []byte, limit int) json.RawMessage {
	if len(data) == 0 || len(data) > limit || data[0] != '{' || !json.Valid(data) {
		return nil
	}
	return data
}

func readResult(r *actionv1.Result) run.Ending {
	ending := run.Ending{
		Status:  statusOf(r.GetStatus()),
		Summary: wire.Text(r.GetSummary(), maxSummary),
		Error:   wire.Text(r.GetError(), maxError),
		Result:  object(r.GetOutputJson(), maxResult),
	}
	ending.Hint, ending.RetryAfter = hintOf(r)
	if ending.Error == "" && ending.Status != run.StatusSucceeded {
		ending.Error = diagnosed(wire.ToDiagnostics(r.GetDiagnostics()))
	}
	return ending
}

// hintOf is the plugin's word on another attempt.
func hintOf(r *actionv1.Result) (run.Hint, time.Duration) {
	switch r.GetRetry() {
	case actionv1.Result_RETRY_NEVER:
		return run.HintNever, 0
	case actionv1.Result_RETRY_AFTER:
		return run.HintAfter, min(max(r.GetRetryAfter().AsDuration(), 0), maxRetryAfter)
	}
	return run.NoHint, 0
}

// diagnosed is the first diagnostic in one line.
func diagnosed(diags []schema.Diagnostic) string {
	if len(diags) == 0 {
		return ""
	}
	text := diags[0].Summary
	if len(diags[0].Path) > 0 {
		text = diags[0].Path.String() + ": " + text
	}
	if len(diags) > 1 {
		text = fmt.Sprintf("%s (and %d more)", text, len(diags)-1)
	}
	return text
}

// statusOf reads a status. One that this host does not know tells nothing.
func statusOf(s actionv1.Result_Status) run.Status {
	switch s {
	case actionv1.Result_STATUS_SUCCEEDED:
		return run.StatusSucceeded
	case actionv1.Result_STATUS_FAILED:
		return run.StatusFailed
	case actionv1.Result_STATUS_CANCELLED:
		return run.StatusCancelled
	case actionv1.Result_STATUS_LOST:
		return run.StatusLost
	}
	return run.NoStatus
}

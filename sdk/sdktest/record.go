package sdktest

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"time"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/schema"
	"butlerd/sdk/wire"
)

// Status is how an attempt ended.
type Status string

// The statuses. None means that the plugin ended the attempt without a result.
const (
	None      Status = ""
	Succeeded Status = "succeeded"
	Failed    Status = "failed"
	Cancelled Status = "cancelled"
	Lost      Status = "lost"
)

// Retry is what the action says about another attempt.
type Retry string

// The retries. Default leaves it to the schedule's policy.
const (
	Default Retry = "default"
	Never   Retry = "never"
	After   Retry = "after"
)

// Record is all that an attempt told.
type Record struct {
	Status      Status
	Retry       Retry
	RetryAfter  time.Duration // with After
	Err         string        // empty on success
	Diagnostics []schema.Diagnostic
	Result      json.RawMessage // a JSON object; nil when there is none
	Summary     string
	Logs        []Log
	Output      []byte
	Progress    []Progress
	// Checkpoints are what the action noted, each in place of the one before.
	Checkpoints []json.RawMessage
	// Accepted says that the action told of the acceptance of its work.
	Accepted bool
}

// Checkpoint is what the action noted last; nil when it noted nothing.
func (r *Record) Checkpoint() json.RawMessage {
	if len(r.Checkpoints) == 0 {
		return nil
	}
	return r.Checkpoints[len(r.Checkpoints)-1]
}

// Log is one line of the action's log.
type Log struct {
	Level      slog.Level
	Message    string
	Attributes map[string]any // as encoding/json decodes them
}

// Progress is one report that was passed on.
type Progress struct {
	Done, Total int64
	Note        string
}

// add keeps one event. Events it does not know are ignored, as the contract
// says.
func (r *Record) add(e *actionv1.ExecuteResponse) error {
	switch event := e.GetEvent().(type) {
	case *actionv1.ExecuteResponse_Log:
		return r.addLog(event.Log)
	case *actionv1.ExecuteResponse_Output:
		r.Output = append(r.Output, event.Output.GetData()...)
	case *actionv1.ExecuteResponse_Progress:
		p := event.Progress
		r.Progress = append(r.Progress, Progress{p.GetDone(), p.GetTotal(), p.GetNote()})
	case *actionv1.ExecuteResponse_Checkpoint:
		r.Checkpoints = append(r.Checkpoints, event.Checkpoint.GetDataJson())
	case *actionv1.ExecuteResponse_Accepted:
		r.Accepted = true
	case *actionv1.ExecuteResponse_Result:
		r.end(event.Result)
	}
	return nil
}

func (r *Record) addLog(l *actionv1.Log) error {
	line := Log{Level: levelOf(l.GetLevel()), Message: l.GetMessage()}
	if len(l.GetAttributesJson()) > 0 {
		if err := json.Unmarshal(l.GetAttributesJson(), &line.Attributes); err != nil {
			return err
		}
	}
	r.Logs = append(r.Logs, line)
	return nil
}

func (r *Record) end(result *actionv1.Result) {
	r.Status = statusOf(result.GetStatus())
	r.Retry = Default
	switch result.GetRetry() {
	case actionv1.Result_RETRY_NEVER:
		r.Retry = Never
	case actionv1.Result_RETRY_AFTER:
		r.Retry = After
		r.RetryAfter = result.GetRetryAfter().AsDuration()
	}
	r.Err = result.GetError()
	r.Diagnostics = wire.ToDiagnostics(result.GetDiagnostics())
	r.Result = result.GetOutputJson()
	r.Summary = result.GetSummary()
}

func statusOf(s actionv1.Result_Status) Status {
	switch s {
	case actionv1.Result_STATUS_SUCCEEDED:
		return Succeeded
	case actionv1.Result_STATUS_FAILED:
		return Failed
	case actionv1.Result_STATUS_CANCELLED:
		return Cancelled
	case actionv1.Result_STATUS_LOST:
		return Lost
	}
	return None
}

func levelOf(l actionv1.Log_Level) slog.Level {
	switch l {
	case actionv1.Log_LEVEL_DEBUG:
		return slog.LevelDebug
	case actionv1.Log_LEVEL_WARN:
		return slog.LevelWarn
	case actionv1.Log_LEVEL_ERROR:
		return slog.LevelError
	}
	return slog.LevelInfo
}

// read adds what a stream tells until it ends.
func (r *Record) read(stream actionv1.ActionService_ExecuteClient) error {
	for {
		event, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := r.add(event); err != nil {
			return err
		}
	}
}

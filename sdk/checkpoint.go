package sdk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

// MaxCheckpoint is how large a checkpoint may be, in bytes of JSON.
const MaxCheckpoint = 16 << 10

// ErrNoCheckpoint is what LostAttempt.Decode returns when the attempt noted
// nothing, or nothing that reached its host.
var ErrNoCheckpoint = errors.New("the attempt left no checkpoint")

// errUnheard ends a checkpoint that nobody can keep.
var errUnheard = errors.New("keeping a checkpoint: the host does not listen any more")

// Checkpoint notes what another attempt needs to find again what this one
// starts: the id of an order, or that one is about to be placed, and when. It is
// for actions WithResume. v becomes a JSON object of at most MaxCheckpoint bytes,
// and takes the place of what was noted before; secrets do not belong in it.
//
// Note before you start, and do not start when there is an error. The note is
// sent at once, ahead of all that is logged later, and the host keeps it within
// moments; but nothing comes back over the stream, so a host that dies in those
// moments has not kept it. Whoever resumes has to reckon with a note that is one
// step behind.
func (r *Run) Checkpoint(v any) error {
	data, err := marshal(v)
	switch {
	case err != nil:
		return fmt.Errorf("keeping a checkpoint: it does not become JSON: %w", err)
	case !bytes.HasPrefix(data, []byte("{")):
		return errors.New("keeping a checkpoint: it becomes JSON that is no object")
	case len(data) > MaxCheckpoint:
		return fmt.Errorf("keeping a checkpoint: it is %d bytes of JSON, more than %d", len(data), MaxCheckpoint)
	case r == nil || r.events == nil:
		return nil // a run that a test has made by hand
	}
	event := &actionv1.ExecuteResponse{
		Event: &actionv1.ExecuteResponse_Checkpoint{Checkpoint: &actionv1.Checkpoint{DataJson: data}},
	}
	if !r.events.send(event) {
		return errUnheard
	}
	return nil
}

// LostAttempt is an attempt of the same run whose end the host does not know.
type LostAttempt struct {
	// Attempt is its number.
	Attempt int
	// StartedAt is when it started, by the clock of the host that had it.
	StartedAt time.Time
	// Checkpoint is what it noted last, a JSON object; nil when nothing is known.
	Checkpoint json.RawMessage
}

// Decode reads the checkpoint into v, a pointer. Without a checkpoint it returns
// ErrNoCheckpoint.
func (l *LostAttempt) Decode(v any) error {
	if l == nil || len(l.Checkpoint) == 0 {
		return ErrNoCheckpoint
	}
	if err := json.Unmarshal(l.Checkpoint, v); err != nil {
		return fmt.Errorf("reading the checkpoint of attempt %d: %w", l.Attempt, err)
	}
	return nil
}

// Lost is the attempt whose end has to be found out; nil for an attempt that does
// the work itself. It is never set for an action that is not WithResume.
func (r *Run) Lost() *LostAttempt {
	if r == nil {
		return nil
	}
	return r.lost
}

func lostFrom(l *actionv1.LostAttempt) *LostAttempt {
	if l == nil {
		return nil
	}
	return &LostAttempt{
		Attempt:    int(l.GetAttempt()),
		StartedAt:  instant(l.GetStartedAt()),
		Checkpoint: l.GetCheckpointJson(),
	}
}

package sdktest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"butlerd/sdk"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

// resumeLimit is how long an attempt may take to note a checkpoint, and another to
// look for it once it was asked to end.
const resumeLimit = time.Minute

// refusesToResume makes sure that an action that does not look for lost attempts
// does not take the order to do so for one to begin.
func (s *suite) refusesToResume(ctx context.Context) error {
	d, err := s.client.Describe(ctx)
	if err != nil {
		return err
	}
	lost := sdk.LostAttempt{Attempt: 1, StartedAt: time.Now()}
	var errs []error
	for _, a := range d.GetActions() {
		if a.GetResumes() {
			continue
		}
		// Arguments that are none keep a plugin from doing anything that does not
		// know lost attempts at all.
		r, err := s.client.Run(ctx, a.GetType(), `{"no_such_argument": 1}`, WithLost(lost))
		if status.Code(err) != codes.FailedPrecondition && !(err == nil && r.Status == Failed) {
			errs = append(errs, fmt.Errorf("%s was told to look for a lost attempt: got status %q, %v; want %s", a.GetType(), r.Status, err, codes.FailedPrecondition))
		}
	}
	return errors.Join(errs...)
}

// notesCheckpoints makes an attempt up to its first checkpoint.
func (s *suite) notesCheckpoints(ctx context.Context) error {
	if s.calls.Resumed.Action == "" {
		return skipped("no call given that is resumed")
	}
	d, err := s.client.Describe(ctx)
	if err != nil {
		return err
	}
	resumes := false
	for _, a := range d.GetActions() {
		resumes = resumes || a.GetType() == s.calls.Resumed.Action && a.GetResumes()
	}
	if !resumes {
		return fmt.Errorf("the action %q does not say that it resumes", s.calls.Resumed.Action)
	}
	r, err := s.cutOff(ctx)
	if err != nil {
		return err
	}
	for _, c := range r.Checkpoints {
		if len(c) > sdk.MaxCheckpoint || !bytes.HasPrefix(c, []byte("{")) || !json.Valid(c) {
			return fmt.Errorf("a checkpoint of %d bytes is no JSON object within %d: %.100s", len(c), sdk.MaxCheckpoint, c)
		}
	}
	return nil
}

// cutOff is what an attempt told until its first checkpoint; then its stream is
// cut, as it is when a host dies.
func (s *suite) cutOff(ctx context.Context) (*Record, error) {
	ctx, cut := context.WithTimeout(ctx, resumeLimit)
	defer cut()
	run := newCall(ctx, nil).run
	run.Id = "resumed-run"
	stream, err := s.client.Wire.Execute(ctx, &actionv1.ExecuteRequest{
		Action: s.calls.Resumed.Action, ArgumentsJson: []byte(s.calls.Resumed.Arguments), Run: run,
	})
	if err != nil {
		return nil, err
	}
	r := &Record{}
	for len(r.Checkpoints) == 0 {
		event, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return nil, errors.New("the attempt ended without a checkpoint")
		case err != nil:
			return nil, err
		}
		if err := r.add(event); err != nil {
			return nil, err
		}
	}
	s.lost = &sdk.LostAttempt{Attempt: int(run.GetAttempt()), StartedAt: run.GetStartedAt().AsTime(), Checkpoint: r.Checkpoint()}
	return r, nil
}

func (s *suite) looksForLost(ctx context.Context) error {
	if s.lost == nil {
		return skipped("no attempt that noted something was lost")
	}
	return s.resume(ctx, *s.lost)
}

func (s *suite) looksWithoutNote(ctx context.Context) error {
	if s.lost == nil {
		return skipped("no attempt that noted something was lost")
	}
	lost := *s.lost
	lost.Checkpoint = nil
	return s.resume(ctx, lost)
}

// resume wants a result, whichever it is: only the author knows what is true. An
// attempt that follows something long is cancelled after a while, as any is.
func (s *suite) resume(ctx context.Context, lost sdk.LostAttempt) error {
	ctx, stop := context.WithTimeout(ctx, cancelLimit+resumeLimit)
	defer stop()
	next := time.AfterFunc(cancelLimit, func() {
		_, _ = s.client.Cancel(ctx, "resumed-run", lost.Attempt+1, "conformance test")
	})
	defer next.Stop()
	r, err := s.client.Run(ctx, s.calls.Resumed.Action, s.calls.Resumed.Arguments,
		WithRun(sdk.Run{ID: "resumed-run", Attempt: lost.Attempt + 1, Trigger: "api", DueAt: lost.StartedAt, StartedAt: time.Now()}),
		WithLost(lost))
	switch {
	case err != nil:
		return fmt.Errorf("looking for attempt %d: %w", lost.Attempt, err)
	case r.Status == None:
		return fmt.Errorf("looking for attempt %d: it ended without a result", lost.Attempt)
	}
	return nil
}

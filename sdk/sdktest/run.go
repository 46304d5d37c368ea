package sdktest

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"butlerd/sdk"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

// Option changes what an attempt is given.
type Option func(*call)

// call is one attempt to be made.
type call struct {
	ctx  context.Context // lives as long as the call
	run  *actionv1.Run
	lost *actionv1.LostAttempt
}

// WithContext gives the action a context. Default: the test's.
func WithContext(ctx context.Context) Option {
	return func(c *call) { c.ctx = ctx }
}

// WithRun gives the action what it may know of its run: the fields up to
// StartedAt count. Default: run "test-run", attempt 1, triggered by "api".
func WithRun(r sdk.Run) Option {
	return func(c *call) {
		c.run = &actionv1.Run{
			Id:           r.ID,
			ScheduleId:   r.ScheduleID,
			ScheduleName: r.ScheduleName,
			Attempt:      int32(r.Attempt),
			Trigger:      r.Trigger,
			DueAt:        timestamppb.New(r.DueAt),
			StartedAt:    timestamppb.New(r.StartedAt),
		}
	}
}

// WithLost makes the attempt one that looks for a lost one; the action must be
// WithResume. Record.Checkpoint is what the lost one noted. Default: attempt 1,
// started just now. Without WithRun the attempt has the number after it.
func WithLost(l sdk.LostAttempt) Option {
	if l.StartedAt.IsZero() {
		l.StartedAt = time.Now()
	}
	return func(c *call) {
		c.lost = &actionv1.LostAttempt{
			Attempt:        int32(max(l.Attempt, 1)),
			StartedAt:      timestamppb.New(l.StartedAt),
			CheckpointJson: l.Checkpoint,
		}
	}
}

func newCall(ctx context.Context, opts []Option) *call {
	now := timestamppb.New(time.Now())
	usual := &actionv1.Run{Id: "test-run", Attempt: 1, Trigger: "api", DueAt: now, StartedAt: now}
	c := &call{ctx: ctx, run: usual}
	for _, o := range opts {
		o(c)
	}
	if c.lost != nil && c.run == usual {
		c.run.Attempt = c.lost.GetAttempt() + 1
	}
	c.run.Lost = c.lost
	return c
}

// Run makes one attempt of an action in the test's goroutine: the arguments
// are decoded and checked, the function is called, and what it told comes
// back. A mistake in the action itself ends the test. Arguments are one JSON
// object; what is left out gets its default.
func Run(t testing.TB, a sdk.Action, arguments string, opts ...Option) *Record {
	t.Helper()
	server, typ := alone(t, a)
	c := newCall(t.Context(), opts)
	stream := &recorder{ctx: c.ctx}
	err := server.Execute(&actionv1.ExecuteRequest{
		Action:        typ,
		ArgumentsJson: []byte(arguments),
		Run:           c.run,
	}, stream)
	if err != nil {
		t.Fatal(err)
	}
	return &stream.record
}

// alone is a plugin that offers one action, and the action's type.
func alone(t testing.TB, a sdk.Action) (server actionv1.ActionServiceServer, typ string) {
	t.Helper()
	server, err := sdk.NewServer(sdk.Plugin{Name: "test", Actions: []sdk.Action{a}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := server.Describe(t.Context(), &actionv1.DescribeRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return server, d.GetActions()[0].GetType()
}

// recorder is a stream that goes nowhere. The sdk calls Send one at a time.
type recorder struct {
	grpc.ServerStream // nil: nothing else of it is called
	ctx               context.Context
	record            Record
}

func (r *recorder) Context() context.Context { return r.ctx }

func (r *recorder) Send(e *actionv1.ExecuteResponse) error { return r.record.add(e) }

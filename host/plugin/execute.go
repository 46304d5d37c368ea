package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"butlerd/host/run"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

// Call is one attempt to be executed.
type Call struct {
	Action       string
	Arguments    []byte // a JSON object
	RunID        string
	ScheduleID   string
	ScheduleName string
	Attempt      int
	Trigger      run.Trigger
	DueAt        time.Time
	StartedAt    time.Time
	Deadline     time.Time // zero: none; for the action to know, the context decides
	// Lost is the attempt that the action has to look for, instead of starting
	// anything; nil: none. Only for an action that Resumes.
	Lost *Lost
	// Checkpoint keeps what the plugin notes, to find again what it started. It is
	// called one call at a time and may wait for the store; one that waits long may
	// still be at it when Execute has returned. Nil: nothing is kept.
	Checkpoint func(data json.RawMessage)
	// Accepted hears, at most once, that what the attempt asks for was accepted by
	// whoever does it. It is called by the goroutine that calls sink, and must not wait.
	// Nil: nobody wants to know.
	Accepted func()
}

// Lost is an attempt whose end is not known.
type Lost struct {
	Attempt    int
	StartedAt  time.Time
	Checkpoint json.RawMessage // what it noted last; nil when nothing
}

// Cause is a context's cause that tells the plugin why it is asked to end.
type Cause struct{ run.Cause }

// Error implements error. It is what the plugin is told.
func (c Cause) Error() string {
	switch c.Cause {
	case run.CauseTimeout:
		return "the timeout has passed"
	case run.CauseHostStopping:
		return "the host is stopping"
	case run.CauseLeaseLost:
		return "the host lost its lease"
	case run.CauseReplaced:
		return "a later firing replaced it"
	}
	return "the run was cancelled"
}

// Execute runs one attempt and returns how it ended. Entries of its log are
// given to sink, in order, by the calling goroutine: sink must not wait.
//
// When ctx is done the plugin is asked to end the attempt, with ctx's cause, and
// has the stop grace to say how it ended, at most a second when the host lost its
// lease; after that its stream is cut and the end is unknown. With a ctx that is
// done already nothing is started.
//
// Checkpoints are kept by a goroutine of the call: a store that is slow holds back
// neither the log nor a cancel, and the end only for a moment. When that takes
// longer, Execute returns while Call.Checkpoint is at work, and does not call it
// again.
func (p *Plugin) Execute(ctx context.Context, c Call, sink func(run.LogEntry)) run.Ending {
	p.count(1)
	defer p.count(-1)
	// The stream outlives ctx, or the plugin's last word would be lost.
	life, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	proc, stream, err := p.open(ctx, life, c)
	if err != nil {
		return settle(c, refused(ctx, err))
	}
	heard := make(chan struct{})
	relayed := make(chan struct{})
	go func() {
		defer close(relayed)
		p.relayCancel(ctx, proc, c, cut, heard)
	}()
	keeper := newKeeper(c.Checkpoint)
	defer keeper.stop(keepLimit)
	ending := listen(stream, c, keeper, sink)
	close(heard)
	<-relayed
	ending.Cause = causeOf(ctx)
	if ending.Fault != run.NoFault && life.Err() != nil {
		ending.Fault = run.FaultUnresponsive
		ending.Error = fmt.Sprintf("the plugin did not end the attempt within %s of being asked to", p.grace(ctx))
	}
	if ending.Cause == run.NoCause && ending.Status == run.StatusCancelled && proc.heedsLease {
		ending.Cause = run.CauseLeaseLost // nobody else ended its context
	}
	return settle(c, ending)
}

// open begins the call. A process that is found dead before it got the call is
// no reason to fail: the next one gets it.
func (p *Plugin) open(ctx, life context.Context, c Call) (*process, stream, error) {
	var dead *process
	for {
		proc, err := p.readyBut(ctx, dead)
		if err != nil {
			return nil, nil, err
		}
		// A host that was paused may come here long after its lease is lost.
		if ctx.Err() != nil {
			return nil, nil, errOver
		}
		// One that does not know lost attempts would begin the work anew.
		if c.Lost != nil && !p.Resumes(c.Action) {
			return nil, nil, errCannotResume
		}
		s, err := proc.client.Execute(life, request(c))
		if code := status.Code(err); code != codes.Unavailable && code != codes.Canceled || life.Err() != nil {
			return proc, s, err
		}
		dead = proc
	}
}

// Why an attempt was not sent.
var (
	errOver         = errors.New("the attempt was over before it began")
	errCannotResume = errors.New("the action cannot look for lost attempts")
)

type stream = actionv1.ActionService_ExecuteClient

func (p *Plugin) count(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status.Running += n
}

// lostGrace is the longest grace of attempts of a host that lost its lease: others
// may execute them already.
const lostGrace = time.Second

// grace is how long the plugin has to end an attempt when ctx is done.
func (p *Plugin) grace(ctx context.Context) time.Duration {
	if causeOf(ctx) != run.CauseLeaseLost {
		return p.spec.StopGrace
	}
	p.mu.Lock()
	lasts := p.validity.lasts
	p.mu.Unlock()
	grace := min(p.spec.StopGrace, lostGrace)
	if lasts > 0 {
		grace = min(grace, max(lasts/10, 50*time.Millisecond))
	}
	return grace
}

// abortLost ends a process that was deaf to the end of the host's lease: what it
// executes others may begin.
func (p *Plugin) abortLost(ctx context.Context, proc *process) {
	if causeOf(ctx) == run.CauseLeaseLost {
		p.abort(proc)
	}
}

// askAgain is how long to wait before an attempt that the plugin does not know
// yet is asked to end again: its request may still be on the way.
const askAgain = 20 * time.Millisecond

// relayCancel asks the plugin to end the attempt when ctx is done, and cuts its
// stream when the grace is over. It ends when heard is closed.
func (p *Plugin) relayCancel(ctx context.Context, proc *process, c Call, cut func(), heard <-chan struct{}) {
	select {
	case <-heard:
		return
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.grace(ctx))
	defer cancel()
	for {
		answer, err := proc.client.Cancel(grace, &actionv1.CancelRequest{
			RunId: c.RunID, Attempt: int32(c.Attempt), Reason: context.Cause(ctx).Error(),
		})
		if status.Code(err) == codes.Unimplemented {
			cut() // an older plugin: cutting the stream is all that ends its context
			p.abortLost(ctx, proc)
			return
		}
		var again <-chan time.Time
		if err == nil && !answer.GetFound() {
			again = time.After(askAgain)
		}
		select {
		case <-heard:
			return
		case <-grace.Done():
			cut()
			p.abortLost(ctx, proc)
			return
		case <-again:
		}
	}
}

func request(c Call) *actionv1.ExecuteRequest {
	r := &actionv1.Run{
		Id:           c.RunID,
		ScheduleId:   c.ScheduleID,
		ScheduleName: c.ScheduleName,
		Attempt:      int32(c.Attempt),
		Trigger:      string(c.Trigger),
		DueAt:        timestamppb.New(c.DueAt),
		StartedAt:    timestamppb.New(c.StartedAt),
	}
	if !c.Deadline.IsZero() {
		r.Deadline = timestamppb.New(c.Deadline)
	}
	if c.Lost != nil {
		r.Lost = &actionv1.LostAttempt{
			Attempt:        int32(c.Lost.Attempt),
			StartedAt:      timestamppb.New(c.Lost.StartedAt),
			CheckpointJson: c.Lost.Checkpoint,
		}
	}
	return &actionv1.ExecuteRequest{Action: c.Action, ArgumentsJson: c.Arguments, Run: r}
}

// settle keeps an attempt that had to look for a lost one, and did not begin, from
// ending as one that started nothing: that would be true of this attempt only, and
// make the next one start it all anew. What became of the lost one is as unknown as
// before.
func settle(c Call, e run.Ending) run.Ending {
	if c.Lost == nil || e.Fault != run.FaultPluginDown {
		return e
	}
	e.Status = run.StatusLost
	e.Error = fmt.Sprintf("what became of attempt %d is not known: %s", c.Lost.Attempt, e.Error)
	return e
}

// refused tells a call that never reached the plugin from one that may have:
// gRPC reports io.EOF once a stream was opened, and any other error before that.
func refused(ctx context.Context, err error) run.Ending {
	if errors.Is(err, errOver) {
		return run.Ending{Status: run.StatusCancelled, Cause: causeOf(ctx), Error: context.Cause(ctx).Error()}
	}
	if errors.Is(err, io.EOF) {
		return run.Ending{Fault: run.FaultPluginDied, Cause: causeOf(ctx), Error: errDied.Error()}
	}
	return run.Ending{Fault: run.FaultPluginDown, Cause: causeOf(ctx), Error: plainStatus(err).Error()}
}

// listen reads the stream up to its result: nothing counts that comes after it,
// and a plugin that forgets to end the stream would hold its slot for ever.
func listen(s stream, c Call, k *keeper, sink func(run.LogEntry)) run.Ending {
	accepted := c.Accepted
	for heard := false; ; heard = true {
		message, err := s.Recv()
		switch {
		case !heard && status.Code(err) == codes.FailedPrecondition:
			return run.Ending{Fault: run.FaultPluginDown, Error: plainStatus(err).Error()}
		case errors.Is(err, io.EOF):
			return run.Ending{Fault: run.FaultNoResult, Error: "the plugin ended the run without a result"}
		case err != nil:
			return broken(err)
		}
		if r := message.GetResult(); r != nil {
			return readResult(r)
		}
		if note := message.GetCheckpoint(); note != nil {
			k.read(note, c, message, sink)
			continue
		}
		if message.GetAccepted() != nil && accepted != nil {
			accepted()
			accepted = nil
		}
		if entry, ok := readEvent(c, message); ok {
			sink(entry)
		}
	}
}

// broken is the ending of a stream that broke. Canceled means that the connection
// was closed under it, which the supervisor does when it finds the process dead.
func broken(err error) run.Ending {
	switch status.Code(err) {
	case codes.Unavailable, codes.Canceled:
		return run.Ending{Fault: run.FaultPluginDied, Error: errDied.Error()}
	}
	return run.Ending{Fault: run.FaultNoResult, Error: plainStatus(err).Error()}
}

// plainStatus is a gRPC error as a person reads it.
func plainStatus(err error) error {
	s, ok := status.FromError(err)
	if !ok {
		return err
	}
	if s.Code() == codes.Unavailable {
		return errDied
	}
	return fmt.Errorf("%s (%s)", s.Message(), s.Code())
}

func causeOf(ctx context.Context) run.Cause {
	var c Cause
	if errors.As(context.Cause(ctx), &c) {
		return c.Cause
	}
	if ctx.Err() != nil {
		return run.CauseCancelled
	}
	return run.NoCause
}

package sdk

import (
	"context"
	"fmt"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/wire"
)

// server is the plugin's side of the contract.
type server struct {
	actionv1.UnimplementedActionServiceServer

	describe  *actionv1.DescribeResponse
	configure Configure
	actions   map[string]Action
	attempts  attempts

	configuring gate // holds a second Configure back
	configured  atomic.Bool
}

var _ actionv1.ActionServiceServer = (*server)(nil)

// NewServer makes the service of a plugin without a process around it, for
// tests. Plugins call Serve. The error tells every mistake in p.
func NewServer(p Plugin) (actionv1.ActionServiceServer, error) { return newServer(p) }

// NewServerWithExit is NewServer for a host that serves a plugin over a pipe.
// exit is called, in a goroutine of its own, where Serve would end the process:
// attempts did not end although the host's lease has run out. Until they do,
// nothing else is executed.
func NewServerWithExit(p Plugin, exit func(why string)) (actionv1.ActionServiceServer, error) {
	s, err := newServer(p)
	if err != nil {
		return nil, err
	}
	s.attempts.exit = exit
	return s, nil
}

func newServer(p Plugin) (*server, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	s := &server{
		describe:    describe(p),
		configure:   p.Configure,
		actions:     make(map[string]Action),
		configuring: newGate(),
	}
	for _, a := range p.Actions {
		s.actions[a.typ] = a
	}
	// Text that is no UTF-8 would fail each Describe with the name of a field
	// that the author never heard of.
	if _, err := proto.Marshal(s.describe); err != nil {
		return nil, fmt.Errorf("plugin %q: its texts cannot be sent: %w", p.Name, err)
	}
	return s, nil
}

// Describe is the same for the life of the process.
func (s *server) Describe(context.Context, *actionv1.DescribeRequest) (*actionv1.DescribeResponse, error) {
	return s.describe, nil
}

// Configure takes the plugin's configuration; what is wrong with it comes as
// diagnostics.
func (s *server) Configure(ctx context.Context, r *actionv1.ConfigureRequest) (*actionv1.ConfigureResponse, error) {
	s.configuring.lock()
	defer s.configuring.unlock()
	if s.configure.call == nil {
		return &actionv1.ConfigureResponse{}, nil
	}
	faults := s.configure.call(ctx, r.GetConfigJson())
	if len(faults) == 0 {
		s.configured.Store(true)
	}
	return &actionv1.ConfigureResponse{Diagnostics: wire.FromDiagnostics(faults)}, nil
}

// Validate checks arguments, of which some may not be known yet.
func (s *server) Validate(_ context.Context, r *actionv1.ValidateRequest) (*actionv1.ValidateResponse, error) {
	a, err := s.action(r.GetAction())
	if err != nil {
		return nil, err
	}
	faults := a.validate(r.GetArgumentsJson())
	return &actionv1.ValidateResponse{Diagnostics: wire.FromDiagnostics(faults)}, nil
}

// Execute runs one attempt in the caller's goroutine.
func (s *server) Execute(r *actionv1.ExecuteRequest, stream grpc.ServerStreamingServer[actionv1.ExecuteResponse]) error {
	a, err := s.action(r.GetAction())
	if err != nil {
		return err
	}
	if a.query {
		return status.Errorf(codes.FailedPrecondition, "action %q is a query, which is not executed, nothing was started", a.typ)
	}
	if err := s.checkConfigured(); err != nil {
		return err
	}
	if r.GetRun().GetLost() != nil && !a.resumes {
		return status.Errorf(codes.FailedPrecondition, "action %q cannot look for a lost attempt, nothing was started", a.typ)
	}
	ctx, x, err := s.attempts.begin(stream.Context(), r.GetRun())
	if err != nil {
		return err
	}
	defer s.attempts.end(x)
	e := newEvents(stream)
	a.attempt(ctx, newRun(r.GetRun(), e), r.GetArgumentsJson(), func() { s.attempts.returned(x) })
	return nil
}

// Cancel ends the context of an attempt that is executing.
func (s *server) Cancel(_ context.Context, r *actionv1.CancelRequest) (*actionv1.CancelResponse, error) {
	found := s.attempts.cancel(attemptKey{r.GetRunId(), r.GetAttempt()}, r.GetReason())
	return &actionv1.CancelResponse{Found: found}, nil
}

// Renew begins the host's lease anew, from now on.
func (s *server) Renew(_ context.Context, r *actionv1.RenewRequest) (*actionv1.RenewResponse, error) {
	validFor := r.GetValidFor()
	if validFor != nil && (!validFor.IsValid() || validFor.AsDuration() < 0) {
		return nil, status.Errorf(codes.InvalidArgument, "a lease cannot be good for %v", validFor)
	}
	s.attempts.renew(validFor.AsDuration())
	return &actionv1.RenewResponse{}, nil
}

// checkConfigured keeps anything from being done for a host that has forgotten to
// configure the plugin.
func (s *server) checkConfigured() error {
	if s.configure.call != nil && !s.configured.Load() {
		return status.Error(codes.FailedPrecondition, "the plugin was not configured")
	}
	return nil
}

func (s *server) action(typ string) (Action, error) {
	a, ok := s.actions[typ]
	if !ok {
		return Action{}, status.Errorf(codes.NotFound, "the plugin has no action %.64q", typ)
	}
	return a, nil
}

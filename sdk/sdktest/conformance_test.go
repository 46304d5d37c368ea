package sdktest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

	"butlerd/sdk"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

// rogue is a plugin that does what its fields say; nil is a good answer.
type rogue struct {
	actionv1.UnimplementedActionServiceServer
	described int
	describe  func(n int, r *actionv1.DescribeRequest) *actionv1.DescribeResponse
	configure []*actionv1.Diagnostic
	validate  []*actionv1.Diagnostic
	renew     error
	execute   func(grpc.ServerStreamingServer[actionv1.ExecuteResponse]) error
	query     *actionv1.QueryResponse // nil: the call is not known
}

func (r *rogue) Describe(_ context.Context, req *actionv1.DescribeRequest) (*actionv1.DescribeResponse, error) {
	r.described++
	if r.describe != nil {
		return r.describe(r.described, req), nil
	}
	return described("string"), nil
}

func described(typ string) *actionv1.DescribeResponse {
	arguments := &actionv1.Schema{Attributes: []*actionv1.Attribute{{Name: "a", Type: typ}}}
	return &actionv1.DescribeResponse{
		Name:     "rogue",
		Features: []string{"cancel", "renew"},
		Actions:  []*actionv1.Action{{Type: "act", Arguments: arguments}},
	}
}

func (r *rogue) Configure(context.Context, *actionv1.ConfigureRequest) (*actionv1.ConfigureResponse, error) {
	return &actionv1.ConfigureResponse{Diagnostics: r.configure}, nil
}

func (r *rogue) Validate(context.Context, *actionv1.ValidateRequest) (*actionv1.ValidateResponse, error) {
	return &actionv1.ValidateResponse{Diagnostics: r.validate}, nil
}

func (r *rogue) Execute(_ *actionv1.ExecuteRequest, s grpc.ServerStreamingServer[actionv1.ExecuteResponse]) error {
	return r.execute(s)
}

func (r *rogue) Query(ctx context.Context, q *actionv1.QueryRequest) (*actionv1.QueryResponse, error) {
	if r.query == nil {
		return r.UnimplementedActionServiceServer.Query(ctx, q)
	}
	return r.query, nil
}

func (r *rogue) Cancel(context.Context, *actionv1.CancelRequest) (*actionv1.CancelResponse, error) {
	return &actionv1.CancelResponse{Found: true}, nil
}

func (r *rogue) Renew(context.Context, *actionv1.RenewRequest) (*actionv1.RenewResponse, error) {
	return &actionv1.RenewResponse{}, r.renew
}

// resuming describes an action that says that it resumes.
func resuming(int, *actionv1.DescribeRequest) *actionv1.DescribeResponse {
	d := described("string")
	d.Actions[0].Resumes = true
	return d
}

// asking describes a query.
func asking(int, *actionv1.DescribeRequest) *actionv1.DescribeResponse {
	d := described("string")
	d.Actions[0].Query = true
	return d
}

// noting sends a checkpoint and nothing else.
func noting(data string) func(grpc.ServerStreamingServer[actionv1.ExecuteResponse]) error {
	return func(s grpc.ServerStreamingServer[actionv1.ExecuteResponse]) error {
		note := &actionv1.Checkpoint{DataJson: []byte(data)}
		return s.Send(&actionv1.ExecuteResponse{Event: &actionv1.ExecuteResponse_Checkpoint{Checkpoint: note}})
	}
}

func refusing(grpc.ServerStreamingServer[actionv1.ExecuteResponse]) error {
	return status.Error(codes.Unimplemented, "no")
}

// once answers the first attempt as one that was cancelled, and refuses others.
func once() func(grpc.ServerStreamingServer[actionv1.ExecuteResponse]) error {
	attempts := 0
	return func(s grpc.ServerStreamingServer[actionv1.ExecuteResponse]) error {
		if attempts++; attempts > 1 {
			return status.Error(codes.FailedPrecondition, "no lease")
		}
		result := &actionv1.Result{Status: actionv1.Result_STATUS_CANCELLED}
		return s.Send(&actionv1.ExecuteResponse{Event: &actionv1.ExecuteResponse_Result{Result: result}})
	}
}

func TestConformanceFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	placed := []*actionv1.Diagnostic{{Summary: "no", Path: []*actionv1.PathStep{{Step: &actionv1.PathStep_Name{Name: "else"}}}}}
	sending := func(r *actionv1.Result, output int) func(grpc.ServerStreamingServer[actionv1.ExecuteResponse]) error {
		return func(s grpc.ServerStreamingServer[actionv1.ExecuteResponse]) error {
			out := &actionv1.Output{Data: make([]byte, output)}
			return errors.Join(
				s.Send(&actionv1.ExecuteResponse{Event: &actionv1.ExecuteResponse_Output{Output: out}}),
				s.Send(&actionv1.ExecuteResponse{Event: &actionv1.ExecuteResponse_Result{Result: r}}),
			)
		}
	}
	succeeded := &actionv1.Result{Status: actionv1.Result_STATUS_SUCCEEDED}
	tests := map[string]struct {
		plugin rogue
		check  func(*suite, context.Context) error
	}{
		"a description that changes": {
			rogue{describe: func(n int, _ *actionv1.DescribeRequest) *actionv1.DescribeResponse {
				d := described("string")
				d.Version = string(rune('0' + n))
				return d
			}}, (*suite).describesStably,
		},
		"an empty description": {
			rogue{describe: func(int, *actionv1.DescribeRequest) *actionv1.DescribeResponse { return &actionv1.DescribeResponse{} }},
			(*suite).describesStably,
		},
		"a schema with a bad type": {
			rogue{describe: func(int, *actionv1.DescribeRequest) *actionv1.DescribeResponse { return described("thing") }},
			(*suite).publishesSchemas,
		},
		"a configuration that is refused": {rogue{configure: placed}, (*suite).takesConfiguration},
		"an answer to an unknown field": {
			rogue{describe: func(_ int, r *actionv1.DescribeRequest) *actionv1.DescribeResponse {
				d := described("string")
				d.Doc = string(r.ProtoReflect().GetUnknown())
				return d
			}}, (*suite).ignoresUnknownFields,
		},
		"an unknown argument that is taken":            {rogue{}, (*suite).refusesUnknownArgument},
		"an unknown argument refused elsewhere":        {rogue{validate: placed}, (*suite).refusesUnknownArgument},
		"a wrong type that is taken":                   {rogue{}, (*suite).refusesWrongTypes},
		"output that does not arrive":                  {rogue{execute: sending(succeeded, loudOutput-1)}, (*suite).deliversOutput},
		"output of a failure":                          {rogue{execute: sending(&actionv1.Result{}, loudOutput)}, (*suite).deliversOutput},
		"a result that is no object":                   {rogue{execute: sending(&actionv1.Result{Status: 1, OutputJson: []byte("1")}, loudOutput)}, (*suite).deliversOutput},
		"a cancelled attempt that says it succeeded":   {rogue{execute: sending(succeeded, 0)}, (*suite).obeysCancel},
		"a cancelled attempt that ends with no result": {rogue{execute: func(grpc.ServerStreamingServer[actionv1.ExecuteResponse]) error { return nil }}, (*suite).obeysCancel},
		"a cancelled attempt that goes on": {rogue{execute: func(s grpc.ServerStreamingServer[actionv1.ExecuteResponse]) error {
			<-s.Context().Done()
			return nil
		}}, (*suite).obeysCancel},
		"a lost attempt that is taken for one to begin": {rogue{execute: sending(succeeded, 0)}, (*suite).refusesToResume},
		"an action that does not say that it resumes":   {rogue{execute: noting(`{}`)}, (*suite).notesCheckpoints},
		"an attempt without a checkpoint":               {rogue{describe: resuming, execute: sending(succeeded, 0)}, (*suite).notesCheckpoints},
		"a checkpoint that is no object":                {rogue{describe: resuming, execute: noting(`[]`)}, (*suite).notesCheckpoints},
		"a checkpoint that is cut off":                  {rogue{describe: resuming, execute: noting(`{"a":`)}, (*suite).notesCheckpoints},
		"a lost attempt that nobody looks for":          {rogue{describe: resuming, execute: refusing}, (*suite).looksForLost},
		"a lost attempt whose search has no result":     {rogue{describe: resuming, execute: noting(`{}`)}, (*suite).looksWithoutNote},
		"a query that is executed":                      {rogue{describe: asking, execute: sending(succeeded, 0)}, (*suite).tellsQueriesFromActions},
		"an action that is answered":                    {rogue{query: &actionv1.QueryResponse{}}, (*suite).tellsQueriesFromActions},
		"a query that is not answered":                  {rogue{describe: asking}, (*suite).answers},
		"a query that fails":                            {rogue{query: &actionv1.QueryResponse{Error: "no"}}, (*suite).answers},
		"an answer that is no object":                   {rogue{query: &actionv1.QueryResponse{ResultJson: []byte("[]")}}, (*suite).answers},
		"a lease that is not taken":                     {rogue{renew: errors.New("no"), execute: once()}, (*suite).heedsLease},
		"an attempt that outlives its lease": {rogue{execute: func(s grpc.ServerStreamingServer[actionv1.ExecuteResponse]) error {
			<-s.Context().Done()
			return nil
		}}, (*suite).heedsLease},
		"an attempt that succeeds as its lease ends":   {rogue{execute: sending(succeeded, 0)}, (*suite).heedsLease},
		"an attempt that is begun without a lease":     {rogue{execute: sending(&actionv1.Result{Status: actionv1.Result_STATUS_CANCELLED}, 0)}, (*suite).heedsLease},
		"an attempt that is refused with a good lease": {rogue{execute: once()}, (*suite).heedsLease},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				call := Call{Action: "act", Arguments: "{}"}
				s := &suite{client: serve(t, &tt.plugin), calls: Calls{Loud: call, Slow: call, Resumed: call, Asked: call}, lost: &sdk.LostAttempt{Attempt: 1}}
				err := tt.check(s, t.Context())
				if err == nil || errors.As(err, new(skipped)) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func TestConformanceFindsAProcessThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	s := &suite{client: &Client{stop: func(limit time.Duration) bool { return limit != exitLimit }}}
	if err := s.exits(t.Context()); err == nil {
		t.Error("nothing was found")
	}
}

func TestARecordIgnoresEventsFromTheFuture(t *testing.T) {
	t.Parallel()
	c := serve(t, &rogue{execute: func(s grpc.ServerStreamingServer[actionv1.ExecuteResponse]) error {
		news := &actionv1.ExecuteResponse{Seq: 1}
		const fromTheFuture = 1000
		field := protowire.AppendTag(nil, fromTheFuture, protowire.BytesType)
		news.ProtoReflect().SetUnknown(protowire.AppendString(field, "news"))
		result := &actionv1.Result{Status: actionv1.Result_STATUS_SUCCEEDED}
		return errors.Join(
			s.Send(news),
			s.Send(&actionv1.ExecuteResponse{Event: &actionv1.ExecuteResponse_Result{Result: result}}),
		)
	}})
	r, err := c.Run(t.Context(), "act", "{}")
	if err != nil || r.Status != Succeeded {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestRunKeepsWhatCameBeforeAnError(t *testing.T) {
	t.Parallel()
	c := serve(t, &rogue{execute: func(s grpc.ServerStreamingServer[actionv1.ExecuteResponse]) error {
		out := &actionv1.Output{Data: []byte("so far")}
		_ = s.Send(&actionv1.ExecuteResponse{Event: &actionv1.ExecuteResponse_Output{Output: out}})
		return status.Error(codes.Internal, "broke")
	}})
	r, err := c.Run(t.Context(), "act", "{}")
	if status.Code(err) != codes.Internal || string(r.Output) != "so far" || r.Status != None {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestConformanceLetsAPluginAloneThatKnowsNoLease(t *testing.T) {
	t.Parallel()
	old := &rogue{describe: func(int, *actionv1.DescribeRequest) *actionv1.DescribeResponse {
		return &actionv1.DescribeResponse{Features: []string{"cancel"}}
	}}
	s := &suite{client: serve(t, old), calls: Calls{Slow: Call{Action: "act"}}}
	if err := s.heedsLease(t.Context()); !errors.As(err, new(skipped)) {
		t.Errorf("got %v", err)
	}
}

func TestConformanceOfAnActionThatResumes(t *testing.T) {
	t.Parallel()
	patient := sdk.NewAction("act", func(ctx context.Context, run *sdk.Run, _ struct{}) (struct{}, error) {
		if err := run.Checkpoint(struct{}{}); err != nil {
			return struct{}{}, err
		}
		<-ctx.Done()
		return struct{}{}, ctx.Err()
	})
	plain := sdk.NewAction("plain", func(context.Context, *sdk.Run, struct{}) (struct{}, error) { return struct{}{}, nil })
	synctest.Test(t, func(t *testing.T) {
		p := sdk.Plugin{Name: "test", Actions: []sdk.Action{patient.WithResume(), plain}}
		s := &suite{client: Serve(t, p), calls: Calls{Resumed: Call{Action: "act", Arguments: "{}"}}}
		for _, check := range []func(*suite, context.Context) error{
			(*suite).refusesToResume, (*suite).notesCheckpoints, (*suite).looksForLost, (*suite).looksWithoutNote,
		} {
			if err := check(s, t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
}

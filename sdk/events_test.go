package sdk

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/schema"
)

// slowHost is a stream that takes an event a second, and none once its context
// has ended, as gRPC does.
type slowHost struct {
	grpc.ServerStream
	ctx  context.Context
	sent []*actionv1.ExecuteResponse
}

func (s *slowHost) Context() context.Context { return s.ctx }

func (s *slowHost) Send(e *actionv1.ExecuteResponse) error {
	select {
	case <-time.After(time.Second):
		s.sent = append(s.sent, e)
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

func executeOn(t *testing.T, host *slowHost, fn func(context.Context, *Run, struct{}) (struct{}, error)) {
	t.Helper()
	s, err := NewServer(Plugin{Name: "p", Actions: []Action{NewAction("a", fn)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Execute(&actionv1.ExecuteRequest{Action: "a"}, host); err != nil {
		t.Error(err)
	}
}

func TestEventsAreNumberedAndEndWithOneResult(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		host := &slowHost{ctx: t.Context()}
		executeOn(t, host, func(_ context.Context, run *Run, _ struct{}) (struct{}, error) {
			run.Log.Info("one")
			run.Progress(1, 2, "")
			_, err := run.Output().Write(make([]byte, maxChunk+1))
			return struct{}{}, err
		})
		for i, e := range host.sent {
			if e.GetSeq() != uint64(i+1) || !e.GetTime().IsValid() {
				t.Errorf("event %d has number %d, time %v", i, e.GetSeq(), e.GetTime())
			}
			if last := i == len(host.sent)-1; last != (e.GetResult() != nil) {
				t.Errorf("event %d: %v", i, e)
			}
			if n := len(e.GetOutput().GetData()); n > maxChunk {
				t.Errorf("a chunk has %d bytes", n)
			}
		}
		if len(host.sent) != 5 { // log, progress, two chunks, result
			t.Errorf("%d events", len(host.sent))
		}
	})
}

func TestASlowHostHoldsTheActionBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		executeOn(t, &slowHost{ctx: t.Context()}, func(_ context.Context, run *Run, _ struct{}) (struct{}, error) {
			for range 10 {
				run.Log.Info("x")
			}
			return struct{}{}, nil
		})
		if took := time.Since(began); took != 11*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestAHostThatLeavesSetsTheActionFree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		host := &slowHost{ctx: ctx}
		began := time.Now()
		time.AfterFunc(2500*time.Millisecond, leave)
		executeOn(t, host, func(ctx context.Context, run *Run, _ struct{}) (struct{}, error) {
			for range 1000 {
				go run.Log.Info("one of many that wait")
			}
			for range 1000 {
				run.Log.Info("x")
			}
			return struct{}{}, ctx.Err()
		})
		if took := time.Since(began); took != 2500*time.Millisecond {
			t.Errorf("took %s", took)
		}
		if len(host.sent) != 2 {
			t.Errorf("%d events were sent", len(host.sent))
		}
	})
}

func TestTheLargestResultFitsAMessage(t *testing.T) {
	t.Parallel()
	var faults []schema.Diagnostic
	for range 1000 {
		long := make([]byte, 1<<16)
		faults = append(faults, schema.Diagnostic{Summary: string(long), Detail: string(long), Path: make(schema.Path, 100)})
	}
	r := rejection(faults)
	r.OutputJson = make([]byte, maxOutput)
	r.Summary = string(make([]byte, maxNote))
	if n := proto.Size(r); n > 3<<20 {
		t.Errorf("it has %d bytes", n)
	}
}

// flaky is a stream whose second event is lost.
type flaky struct{ sent, tried int }

func (f *flaky) Send(*actionv1.ExecuteResponse) error {
	f.tried++
	if f.tried == 2 {
		return errors.New("lost")
	}
	f.sent++
	return nil
}

func TestNothingFollowsAnEventThatWasLost(t *testing.T) {
	t.Parallel()
	f := &flaky{}
	e := newEvents(f)
	for range 3 {
		e.send(&actionv1.ExecuteResponse{})
	}
	e.finish(&actionv1.Result{})
	if f.sent != 1 || f.tried != 2 {
		t.Errorf("%d events sent, %d tried", f.sent, f.tried)
	}
}

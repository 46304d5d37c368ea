package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	"butlerd/host/run"
	"butlerd/sdk"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

// scripted is a plugin that sends what it is given, and resumes.
type scripted struct {
	actionv1.UnimplementedActionServiceServer
	events []*actionv1.ExecuteResponse
	result *actionv1.Result
	asked  *actionv1.Run           // of the last Execute
	answer *actionv1.QueryResponse // nil: it does not know queries
}

func (s *scripted) Execute(r *actionv1.ExecuteRequest, stream grpc.ServerStreamingServer[actionv1.ExecuteResponse]) error {
	s.asked = r.GetRun()
	end := &actionv1.ExecuteResponse{Event: &actionv1.ExecuteResponse_Result{Result: s.result}}
	for _, e := range append(slices.Clone(s.events), end) {
		if err := stream.Send(e); err != nil {
			return err
		}
	}
	return nil
}

// plugin is the script behind a pipe.
func (s *scripted) plugin(t *testing.T) *Plugin {
	t.Helper()
	if s.result == nil {
		s.result = &actionv1.Result{Status: actionv1.Result_STATUS_SUCCEEDED}
	}
	proc, err := servePipe(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proc.stop)
	p := New(Options{Spec: Spec{Name: "scripted"}, Log: testLog(t)})
	p.process, p.state = proc, Ready
	p.description = Description{Name: "scripted", Actions: []Action{{Type: "act", Resumes: true}, {Type: "plain"}}}
	return p
}

func note(data string) *actionv1.ExecuteResponse {
	return &actionv1.ExecuteResponse{Event: &actionv1.ExecuteResponse_Checkpoint{Checkpoint: &actionv1.Checkpoint{DataJson: []byte(data)}}}
}

// shelf keeps checkpoints, each after a while.
type shelf struct {
	takes time.Duration
	mu    sync.Mutex
	kept  []string
}

func (s *shelf) keep(data json.RawMessage) {
	time.Sleep(s.takes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, string(data))
}

func (s *shelf) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.kept, " ")
}

func TestCheckpointsAreKept(t *testing.T) {
	t.Parallel()
	tooLarge := fmt.Sprintf(`{"a":%q}`, strings.Repeat("x", maxCheckpoint))
	tests := map[string]struct {
		notes []string
		takes time.Duration
		kept  string
		took  time.Duration
		log   string
	}{
		"each, or the latest":                  {[]string{`{"n":1}`}, 0, `{"n":1}`, 0, ""},
		"unless they are too large":            {[]string{`{"n":1}`, tooLarge}, 0, `{"n":1}`, 0, "more than 16384"},
		"unless they are no object":            {[]string{`{"n":1}`, `[]`, ``, `{"n":`}, 0, `{"n":1}`, 0, "no JSON object"},
		"the end waits for a store a moment":   {[]string{`{"n":1}`}, 900 * time.Millisecond, `{"n":1}`, 900 * time.Millisecond, ""},
		"but does not wait for one that hangs": {[]string{`{"n":1}`}, time.Hour, ``, keepLimit, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				script := &scripted{}
				for _, n := range tt.notes {
					script.events = append(script.events, note(n))
				}
				p, s, began := script.plugin(t), &shelf{takes: tt.takes}, time.Now()
				var log []run.LogEntry
				ending := p.Execute(t.Context(), Call{Action: "act", RunID: "run-1", Attempt: 1, Checkpoint: s.keep},
					func(e run.LogEntry) { log = append(log, e) })
				if ending.Status != run.StatusSucceeded || s.all() != tt.kept || time.Since(began) != tt.took {
					t.Errorf("ending %+v, kept %s, after %s", ending, s.all(), time.Since(began))
				}
				if !strings.Contains(texts(log), tt.log) || tt.log != "" && log[0].Kind != run.KindHost {
					t.Errorf("log %q", texts(log))
				}
				time.Sleep(time.Hour) // the store's own sleep ends, and with it the bubble
			})
		})
	}
}

func TestASlowStoreGetsTheLatestCheckpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{takes: time.Second}
		k := newKeeper(s.keep)
		k.take([]byte(`{"n":1}`))
		synctest.Wait()
		k.take([]byte(`{"n":2}`))
		k.take([]byte(`{"n":3}`))
		k.stop(time.Minute)
		if got := s.all(); got != `{"n":1} {"n":3}` {
			t.Errorf("kept %s", got)
		}
		k = newKeeper(s.keep)
		k.take([]byte(`{"n":4}`))
		synctest.Wait()
		k.take([]byte(`{"n":5}`))
		k.stop(time.Millisecond)
		time.Sleep(time.Minute)
		if got := s.all(); got != `{"n":1} {"n":3} {"n":4}` {
			t.Errorf("after the end it kept %s", got)
		}
	})
}

func TestASlowStoreHoldsBackNoCancel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{Log: testLog(t), Spec: Spec{Name: "noter", Make: func() sdk.Plugin {
			act := func(ctx context.Context, r *sdk.Run, _ struct{}) (struct{}, error) {
				for range 100 {
					_ = r.Checkpoint(struct{}{})
				}
				<-ctx.Done()
				return struct{}{}, ctx.Err()
			}
			return sdk.Plugin{Name: "noter", Actions: []sdk.Action{sdk.NewAction("act", act).WithResume()}}
		}}})
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer p.Stop()
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, Cause{run.CauseReplaced})
		defer cancel()
		began := time.Now()
		ending := p.Execute(ctx, Call{Action: "act", Arguments: []byte(`{}`), RunID: "run-1", Attempt: 1,
			Checkpoint: func(json.RawMessage) { time.Sleep(time.Hour) }}, func(run.LogEntry) {})
		if ending.Status != run.StatusCancelled || ending.Cause != run.CauseReplaced || !strings.Contains(ending.Error, "context canceled") {
			t.Errorf("ending = %+v", ending)
		}
		if took := time.Since(began); took != time.Minute+keepLimit {
			t.Errorf("it took %s", took)
		}
		time.Sleep(time.Hour)
	})
}

func TestALostAttemptIsLookedFor(t *testing.T) {
	t.Parallel()
	lost := &Lost{Attempt: 1, StartedAt: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Checkpoint: []byte(`{"a":1}`)}
	t.Run("by an action that resumes", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			script := &scripted{}
			p := script.plugin(t)
			ending := p.Execute(t.Context(), Call{Action: "act", RunID: "run-1", Attempt: 2, Lost: lost}, func(run.LogEntry) {})
			got := script.asked.GetLost()
			if ending.Status != run.StatusSucceeded || got.GetAttempt() != 1 || !got.GetStartedAt().AsTime().Equal(lost.StartedAt) || string(got.GetCheckpointJson()) != `{"a":1}` {
				t.Errorf("ending %+v, asked for %v", ending, got)
			}
		})
	})
	t.Run("by no other", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			script := &scripted{}
			p := script.plugin(t)
			for _, action := range []string{"plain", "none"} {
				ending := p.Execute(t.Context(), Call{Action: action, RunID: "run-1", Attempt: 2, Lost: lost}, func(run.LogEntry) {})
				if state, _ := ending.Settle(); state != run.Lost || script.asked != nil || !strings.Contains(ending.Error, "cannot look for lost attempts") {
					t.Errorf("%s: ending %+v, asked %v", action, ending, script.asked)
				}
			}
		})
	})
	t.Run("and stays lost when the plugin is down", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := piped(t)
			p.Stop()
			ending := p.Execute(t.Context(), Call{Action: "greet", RunID: "run-1", Attempt: 2, Lost: lost}, func(run.LogEntry) {})
			if state, _ := ending.Settle(); state != run.Lost || ending.Fault != run.FaultPluginDown {
				t.Errorf("ending %+v", ending)
			}
		})
	})
}

func TestResumes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{Log: testLog(t), Spec: Spec{Name: "noter", Make: func() sdk.Plugin {
			act := func(context.Context, *sdk.Run, struct{}) (struct{}, error) { return struct{}{}, nil }
			return sdk.Plugin{Name: "noter", Actions: []sdk.Action{sdk.NewAction("can", act).WithResume(), sdk.NewAction("cannot", act)}}
		}}})
		if p.Resumes("can") {
			t.Error("before Start it resumes")
		}
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer p.Stop()
		if !p.Resumes("can") || p.Resumes("cannot") || p.Resumes("none") {
			t.Errorf("got %+v", p.Description())
		}
	})
}

func TestThePluginSaysWhatToDoNext(t *testing.T) {
	t.Parallel()
	after := func(d time.Duration) *actionv1.Result {
		return &actionv1.Result{Retry: actionv1.Result_RETRY_AFTER, RetryAfter: durationpb.New(d)}
	}
	tests := map[string]struct {
		result *actionv1.Result
		hint   run.Hint
		after  time.Duration
	}{
		"nothing":           {&actionv1.Result{}, run.NoHint, 0},
		"what is usual":     {&actionv1.Result{Retry: actionv1.Result_RETRY_DEFAULT, RetryAfter: durationpb.New(1)}, run.NoHint, 0},
		"what is new":       {&actionv1.Result{Retry: 99}, run.NoHint, 0},
		"no other attempt":  {&actionv1.Result{Retry: actionv1.Result_RETRY_NEVER}, run.HintNever, 0},
		"one later":         {after(time.Minute), run.HintAfter, time.Minute},
		"one, without when": {&actionv1.Result{Retry: actionv1.Result_RETRY_AFTER}, run.HintAfter, 0},
		"one in the past":   {after(-time.Minute), run.HintAfter, 0},
		"one next year":     {after(365 * 24 * time.Hour), run.HintAfter, 30 * 24 * time.Hour},
		"one in ages": {&actionv1.Result{Retry: actionv1.Result_RETRY_AFTER, RetryAfter: &durationpb.Duration{Seconds: 1 << 62}},
			run.HintAfter, 30 * 24 * time.Hour},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := readResult(tt.result); got.Hint != tt.hint || got.RetryAfter != tt.after {
				t.Errorf("got %q after %s", got.Hint, got.RetryAfter)
			}
		})
	}
}

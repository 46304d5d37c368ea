package plugin

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"

	"butlerd/host/run"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

func TestExecute(t *testing.T) {
	t.Parallel()
	t.Run("returns the result and the log of a success", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ending, log := execute(t.Context(), piped(t), "greet", `{"text":"world"}`)
			if ending.Status != run.StatusSucceeded || ending.Summary != "greeted world" {
				t.Errorf("ending = %+v", ending)
			}
			if got := string(ending.Result); !strings.Contains(got, `"hello world"`) {
				t.Errorf("result = %s", got)
			}
			want := "log:greeting\noutput:a line of output\nprogress:1/2 half\n"
			if got := texts(log); got != want {
				t.Errorf("log = %q, want %q", got, want)
			}
			for i, e := range log {
				if e.Seq != int64(i+1) || e.RunID != "run-1" || e.Attempt != 1 || e.At.IsZero() {
					t.Errorf("entry %d = %+v", i, e)
				}
			}
			if got := string(log[0].Attributes); got != `{"whom":"world"}` {
				t.Errorf("attributes = %s", got)
			}
		})
	})
	t.Run("tells a failure, a panic and arguments that do not fit", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := piped(t)
			for action, want := range map[string]string{"fail": "it went wrong", "panic": "at the disco"} {
				ending, _ := execute(t.Context(), p, action, `{}`)
				if ending.Status != run.StatusFailed || !strings.Contains(ending.Error, want) {
					t.Errorf("%s: ending = %+v, want a failure with %q", action, ending, want)
				}
			}
			ending, _ := execute(t.Context(), p, "greet", `{"text":7}`)
			if state, _ := ending.Settle(); state != run.Failed || !strings.Contains(ending.Error, "text") {
				t.Errorf("ending = %+v, want a failure that names the argument", ending)
			}
			ending, _ = execute(t.Context(), p, "no-such-action", `{}`)
			if state, _ := ending.Settle(); state == run.Succeeded || ending.Error == "" {
				t.Errorf("ending of an unknown action = %+v", ending)
			}
		})
	})
}

func TestExecuteIsAskedToEnd(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		end   func(context.Context) (context.Context, func())
		want  run.Cause
		never bool // nothing is started
	}{
		"by a timeout": {func(ctx context.Context) (context.Context, func()) {
			return context.WithTimeoutCause(ctx, time.Hour, Cause{run.CauseTimeout})
		}, run.CauseTimeout, false},
		"by a cancel": {func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(time.Minute, func() { cancel(Cause{run.CauseCancelled}) })
			return ctx, func() {}
		}, run.CauseCancelled, false},
		"by a host that lost its lease": {func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(time.Minute, func() { cancel(Cause{run.CauseLeaseLost}) })
			return ctx, func() {}
		}, run.CauseLeaseLost, false},
		"before it began": {func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(ctx)
			cancel(Cause{run.CauseHostStopping})
			return ctx, func() {}
		}, run.CauseHostStopping, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := piped(t)
				ctx, free := tt.end(t.Context())
				defer free()
				ending, log := execute(ctx, p, "wait", `{}`)
				if ending.Status != run.StatusCancelled || ending.Cause != tt.want {
					t.Errorf("ending = %+v, want cancelled with cause %q", ending, tt.want)
				}
				if tt.never && len(log) > 0 {
					t.Errorf("it was started all the same: %q", texts(log))
				}
				if !tt.never && !strings.Contains(texts(log), "cleaning up") {
					t.Errorf("what the action said while it cleaned up is lost: %q", texts(log))
				}
			})
		})
	}
	for cause, grace := range map[run.Cause]time.Duration{
		run.CauseTimeout:   defaultStopGrace,
		run.CauseLeaseLost: time.Second,
	} {
		t.Run("and does not listen: "+string(cause), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := piped(t)
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, Cause{cause})
				defer cancel()
				begun := time.Now()
				ending, _ := execute(ctx, p, "deaf", `{}`)
				if ending.Fault != run.FaultUnresponsive || ending.Cause != cause || !strings.Contains(ending.Error, grace.String()) {
					t.Errorf("ending = %+v, want unresponsive", ending)
				}
				if took := time.Since(begun); took != time.Minute+grace {
					t.Errorf("the attempt was given up after %s, want a minute and %s", took, grace)
				}
				time.Sleep(time.Hour) // the handler's own sleep ends, and with it the bubble
			})
		})
	}
}

func TestCallsOfAPluginThatIsStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := piped(t)
		p.Stop()
		p.Stop()
		ending, _ := execute(t.Context(), p, "greet", `{}`)
		if ending.Fault != run.FaultPluginDown {
			t.Errorf("ending = %+v, want plugin_down", ending)
		}
		if s := p.Status(); s.State != Stopped || s.Running != 0 {
			t.Errorf("status = %+v", s)
		}
	})
}

func TestConfigureAndValidate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := piped(t)
		diags, err := p.Configure(t.Context(), []byte(`{"greeting":"hi","reject":true}`))
		if err != nil || len(diags) != 1 || diags[0].Path.String() != "reject" {
			t.Errorf("Configure = %v, %v; want one diagnostic at reject", diags, err)
		}
		diags, err = p.Validate(t.Context(), "greet", []byte(`{"text":["a"]}`))
		if err != nil || len(diags) != 1 || diags[0].Path.String() != "text" {
			t.Errorf("Validate = %v, %v; want one diagnostic at text", diags, err)
		}
		d := p.Description()
		if d.Name != "tester" || d.Version != "1.2.3" || len(d.Actions) != 11 || len(d.Config.Attributes) != 2 {
			t.Errorf("Description = %+v", d)
		}
	})
}

// rudePlugin sends a result and does not end its stream.
type rudePlugin struct {
	actionv1.UnimplementedActionServiceServer
}

func (rudePlugin) Execute(_ *actionv1.ExecuteRequest, s grpc.ServerStreamingServer[actionv1.ExecuteResponse]) error {
	result := &actionv1.Result{Status: actionv1.Result_STATUS_SUCCEEDED, Summary: "done"}
	if err := s.Send(&actionv1.ExecuteResponse{Seq: 1, Event: &actionv1.ExecuteResponse_Result{Result: result}}); err != nil {
		return err
	}
	<-s.Context().Done()
	return nil
}

func TestAResultEndsTheAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		proc, err := servePipe(rudePlugin{})
		if err != nil {
			t.Fatal(err)
		}
		defer proc.stop()
		p := New(Options{Spec: Spec{Name: "rude"}, Log: testLog(t)})
		p.process, p.state = proc, Ready
		begun := time.Now()
		ending, _ := execute(t.Context(), p, "any", `{}`)
		if ending.Status != run.StatusSucceeded || ending.Summary != "done" || time.Since(begun) != 0 {
			t.Errorf("ending = %+v after %s", ending, time.Since(begun))
		}
	})
}

func TestStartRefusesAnotherName(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{Spec: Spec{Name: "acme", Make: testPlugin}, Log: testLog(t)})
		err := p.Start(t.Context())
		if err == nil || !strings.Contains(err.Error(), `calls itself "tester"`) {
			t.Errorf("Start() = %v", err)
		}
		if s := p.Status(); s.State != Stopped {
			t.Errorf("state = %s", s.State)
		}
	})
}

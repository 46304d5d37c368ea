package plugin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/sdk"
	"butlerd/sdk/handshake"
)

// TestMain serves the plugin under test when a host, this very test, has started
// the binary as one.
func TestMain(m *testing.M) {
	if os.Getenv(handshake.CookieKey) != "" {
		sdk.Serve(testPlugin())
		os.Exit(0)
	}
	os.Exit(m.Run())
}

type settings struct {
	Greeting string `hcl:"greeting" default:"hello"`
	Reject   bool   `hcl:"reject,optional"`
}

type arguments struct {
	Text string `hcl:"text,optional"`
	Sink string `hcl:"sink,optional"`
}

type answer struct {
	Text string   `json:"text"`
	Env  []string `json:"env,omitempty"`
	PID  int      `json:"pid"`
}

// testPlugin offers one action for each way an attempt can go.
func testPlugin() sdk.Plugin {
	var mu sync.Mutex
	greeting := ""
	act := func(name string, f func(context.Context, *sdk.Run, arguments) (answer, error)) sdk.Action {
		return sdk.NewAction(name, f)
	}
	return sdk.Plugin{
		Name:    "tester",
		Version: "1.2.3",
		Configure: sdk.NewConfigure(func(_ context.Context, c settings) error {
			if c.Reject {
				return sdk.At(errors.New("no"), "reject")
			}
			mu.Lock()
			defer mu.Unlock()
			greeting = c.Greeting
			return nil
		}),
		Actions: []sdk.Action{
			act("greet", func(_ context.Context, r *sdk.Run, a arguments) (answer, error) {
				mu.Lock()
				defer mu.Unlock()
				r.Log.Info("greeting", "whom", a.Text)
				fmt.Fprintln(r.Output(), "a line of output")
				r.Progress(1, 2, "half")
				r.Summary("greeted " + a.Text)
				return answer{Text: greeting + " " + a.Text, PID: os.Getpid()}, nil
			}),
			act("fail", func(context.Context, *sdk.Run, arguments) (answer, error) {
				return answer{}, errors.New("it went wrong")
			}),
			act("panic", func(context.Context, *sdk.Run, arguments) (answer, error) { panic("at the disco") }),
			act("wait", func(ctx context.Context, r *sdk.Run, _ arguments) (answer, error) {
				r.Log.Info("waiting")
				<-ctx.Done()
				r.Log.Info("cleaning up", "cause", context.Cause(ctx).Error())
				return answer{}, ctx.Err()
			}),
			act("deaf", func(_ context.Context, r *sdk.Run, _ arguments) (answer, error) {
				r.Log.Info("not listening")
				time.Sleep(time.Hour)
				return answer{}, nil
			}),
			act("exit", func(context.Context, *sdk.Run, arguments) (answer, error) {
				os.Stderr.WriteString("these are my last words\n")
				os.Exit(3)
				return answer{}, nil
			}),
			sdk.NewQuery("greeting", func(ctx context.Context, a arguments) (answer, error) {
				switch a.Text {
				case "gone":
					return answer{}, sdk.Permanent(errors.New("there is no gone"))
				case "leak":
					return answer{}, errors.New("the password s3cret is wrong")
				case "panic":
					panic("at the disco")
				case "wait":
					<-ctx.Done()
					return answer{}, ctx.Err()
				case "exit":
					os.Exit(3)
				}
				mu.Lock()
				defer mu.Unlock()
				return answer{Text: greeting + " " + a.Text}, nil
			}),
			act("accept", func(ctx context.Context, r *sdk.Run, _ arguments) (answer, error) {
				r.Accepted()
				<-ctx.Done()
				return answer{}, ctx.Err()
			}),
			act("environment", func(context.Context, *sdk.Run, arguments) (answer, error) {
				return answer{Env: os.Environ()}, nil
			}),
			act("grandchild", func(context.Context, *sdk.Run, arguments) (answer, error) {
				return startChild("sleep", "600")
			}),
			act("runaway", func(context.Context, *sdk.Run, arguments) (answer, error) {
				return startChild("setsid", "sleep", "600")
			}),
		},
	}
}

// startChild starts a program that keeps the plugin's stderr open.
func startChild(name string, args ...string) (answer, error) {
	child := exec.Command(name, args...)
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		return answer{}, err
	}
	return answer{PID: child.Process.Pid}, nil
}

// piped is the test plugin in this process; it works in virtual time.
func piped(t *testing.T) *Plugin {
	t.Helper()
	p := New(Options{Spec: Spec{Name: "tester", Make: testPlugin}, Log: testLog(t)})
	start(t, p)
	return p
}

// launched is the test plugin in a process of its own.
func launched(t *testing.T, change func(*Spec)) *Plugin {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the test's processes are ended with Unix signals")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	spec := Spec{Name: "tester", Command: []string{self}, SelfExec: true, StartTimeout: time.Minute} // a busy machine needs more than the usual
	if change != nil {
		change(&spec)
	}
	p := New(Options{Spec: spec, Log: testLog(t)})
	start(t, p)
	return p
}

func start(t *testing.T, p *Plugin) {
	t.Helper()
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	diags, err := p.Configure(t.Context(), []byte(`{"greeting":"hello","reject":false}`))
	if err != nil || len(diags) > 0 {
		t.Fatalf("Configure: %v, %v", diags, err)
	}
}

func testLog(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// execute runs an action and returns how it ended, with its log.
func execute(ctx context.Context, p *Plugin, action, arguments string) (run.Ending, []run.LogEntry) {
	var log []run.LogEntry
	ending := p.Execute(ctx, Call{Action: action, Arguments: []byte(arguments), RunID: "run-1", Attempt: 1, Trigger: run.ByAPI},
		func(e run.LogEntry) { log = append(log, e) })
	return ending, log
}

func texts(log []run.LogEntry) string {
	var b strings.Builder
	for _, e := range log {
		fmt.Fprintf(&b, "%s:%s\n", e.Kind, strings.TrimSpace(e.Text))
	}
	return b.String()
}

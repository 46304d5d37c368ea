//go:build unix

package exec

import (
	"context"
	"errors"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"butlerd/sdk"
	"butlerd/sdk/sdktest"
)

// deaf is a program with a child; both hold the lifeline, and do not heed being
// asked to end.
const deaf = `trap "" TERM; exec 9>"$LIFELINE"; printf x >&9; sleep 100 & sleep 100`

func TestACancelledProgramIsEndedWithAllItStarted(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		script         string
		cause          error
		atLeast, under time.Duration
	}{
		"when it heeds that it is asked":         {strings.TrimPrefix(deaf, `trap "" TERM; `), errors.New("timeout"), 0, time.Second},
		"when it does not":                       {deaf, errors.New("timeout"), time.Second, 4 * time.Second},
		"at once when the host's lease has gone": {deaf, sdk.ErrLeaseLost, 0, time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			line := newLifeline(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			ended := make(chan *sdktest.Record, 1)
			go func() {
				ended <- direct(t, ctx, arguments{"command": shell(tt.script), "env": arguments{"LIFELINE": line.path}})
			}()
			line.began(t)
			from := time.Now()
			cancel(tt.cause)
			r := <-ended
			took := time.Since(from)
			line.ended(t)
			if r.Status != sdktest.Cancelled || r.Err != "sh was ended: "+tt.cause.Error() {
				t.Errorf("got %+v", r)
			}
			if took < tt.atLeast || took > tt.under {
				t.Errorf("took %s", took)
			}
		})
	}
}

// direct runs the action of a plugin without a wire in between: the cause of its
// context's end is the test's.
func direct(t *testing.T, ctx context.Context, args arguments) *sdktest.Record {
	p := &plugin{}
	p.config.Store(&Config{})
	return sdktest.Run(t, p.action(), text(t, args), sdktest.WithContext(ctx))
}

func TestWhatAProgramLeavesRunningIsEnded(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"that is silent":            `exec 9>"$LIFELINE"; sleep 100 >/dev/null 2>&1 & echo done`,
		"that keeps its output":     `exec 9>"$LIFELINE"; sleep 100 & echo done`,
		"that does not heed a TERM": `exec 9>"$LIFELINE"; (trap "" TERM; sleep 100; sleep 100) & echo done`,
	}
	for name, script := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			line := newLifeline(t)
			from := time.Now()
			r := run(t, configured(t, `{}`), arguments{"command": shell(script), "env": arguments{"LIFELINE": line.path}})
			if r.Status != sdktest.Succeeded || string(r.Output) != "done\n" || time.Since(from) > 5*time.Second {
				t.Errorf("after %s: %+v", time.Since(from), r)
			}
			line.ended(t)
		})
	}
}

func TestOutputThatSomebodyKeepsOpenIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	setsid, err := osexec.LookPath("setsid")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	from := time.Now()
	r := run(t, configured(t, `{}`), arguments{"command": shell(setsid + " sleep 5 & echo done")})
	if took := time.Since(from); r.Status != sdktest.Succeeded || string(r.Output) != "done\n" || took > 4*time.Second {
		t.Errorf("after %s: %+v", took, r)
	}
}

func TestAsAProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "exec")
	build := osexec.Command("go", "build", "-o", path, "./cmd")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		t.Fatal(err)
	}
	t.Run("programs end with a plugin that is killed", func(t *testing.T) {
		line := newLifeline(t)
		client := sdktest.Exec(t, path)
		if _, err := client.Configure(t.Context(), `{}`); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() {
			_, err := client.Run(t.Context(), Name, text(t, arguments{"command": shell(deaf), "env": arguments{"LIFELINE": line.path}}))
			ended <- err
		}()
		line.began(t)
		if err := client.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err == nil {
			t.Error("the attempt has a result")
		}
		line.ended(t)
	})
	t.Run("it keeps the contract", func(t *testing.T) {
		sdktest.Conformance(t, sdktest.Exec(t, path), sdktest.Calls{
			Loud: sdktest.Call{Action: Name, Arguments: text(t, arguments{"command": shell("head -c 1048577 /dev/zero")})},
			Slow: sdktest.Call{Action: Name, Arguments: text(t, arguments{"command": []string{"sleep", "100"}})},
		})
	})
}

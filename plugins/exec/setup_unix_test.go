//go:build unix

package exec

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"butlerd/sdk/sdktest"
)

// configured is the plugin with a configuration.
func configured(t *testing.T, config string) *sdktest.Client {
	t.Helper()
	client := sdktest.Serve(t, Plugin())
	faults, err := client.Configure(t.Context(), config)
	if err != nil || len(faults) > 0 {
		t.Fatal(faults, err)
	}
	return client
}

type arguments = map[string]any

// shell is a command for the system's shell.
func shell(script string) []string { return []string{"/bin/sh", "-c", script} }

func run(t *testing.T, c *sdktest.Client, args arguments) *sdktest.Record {
	t.Helper()
	r, err := c.Run(t.Context(), Name, text(t, args))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func text(t *testing.T, args arguments) string {
	t.Helper()
	data, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// lifeline is a named pipe that processes hold open for writing as long as they
// live.
type lifeline struct {
	path string
	r    *os.File
}

func newLifeline(t *testing.T) *lifeline {
	t.Helper()
	l := &lifeline{path: filepath.Join(t.TempDir(), "lifeline")}
	if err := syscall.Mkfifo(l.path, 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if l.r, err = os.OpenFile(l.path, os.O_RDONLY|syscall.O_NONBLOCK, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.r.Close() })
	return l
}

// began waits until a process has written a byte to it.
func (l *lifeline) began(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		if n, _ := l.r.Read(make([]byte, 1)); n == 1 {
			return // until somebody opens it, it is at its end
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatal("nothing has begun")
		}
	}
}

// ended tells how long it takes until nobody holds it any more.
func (l *lifeline) ended(t *testing.T) time.Duration {
	t.Helper()
	from := time.Now()
	_ = l.r.SetReadDeadline(from.Add(10 * time.Second))
	if _, err := io.ReadAll(l.r); err != nil {
		t.Errorf("somebody lives on: %v", err)
	}
	return time.Since(from)
}

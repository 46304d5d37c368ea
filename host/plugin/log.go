package plugin

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/hashicorp/go-hclog"
)

// newLogger is what go-plugin logs to: its own lines and those of the plugin's
// process, passed on to log with their level.
func newLogger(log *slog.Logger, redact func(string) string) hclog.Logger {
	logger := hclog.NewInterceptLogger(&hclog.LoggerOptions{Output: io.Discard, Level: hclog.Debug})
	logger.RegisterSink(&sink{log: log, redact: redact}) // a pointer: sinks are kept as keys of a map
	return logger
}

// sink implements hclog.SinkAdapter.
type sink struct {
	log    *slog.Logger
	redact func(string) string
}

// Accept implements hclog.SinkAdapter. The lines of go-plugin itself are of
// interest to programmers only: what they tell is told by the supervisor.
func (s *sink) Accept(name string, level hclog.Level, msg string, args ...any) {
	own := strings.TrimSpace(name) == ""
	lvl := slogLevel(level)
	if own {
		lvl = slog.LevelDebug
	}
	s.log.Log(context.Background(), lvl, s.redact(msg), s.plain(args)...)
}

func slogLevel(level hclog.Level) slog.Level {
	switch level {
	case hclog.Error:
		return slog.LevelError
	case hclog.Warn:
		return slog.LevelWarn
	case hclog.Info:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

// plain makes text of the values, without secrets.
func (s *sink) plain(args []any) []any {
	out := make([]any, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		out = append(out, fmt.Sprint(args[i]), s.redact(fmt.Sprint(args[i+1])))
	}
	return out
}

// lineWriter logs what a plugin prints, a line at a time. A line over the limit
// is cut into pieces.
type lineWriter struct {
	log    *slog.Logger
	redact func(string) string
	limit  int

	mu      sync.Mutex
	pending []byte
}

// Write implements io.Writer. It never fails.
func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending = append(w.pending, p...)
	for {
		line, rest, found := bytes.Cut(w.pending, []byte("\n"))
		if !found && len(w.pending) < w.limit {
			return len(p), nil
		}
		if !found || len(line) > w.limit {
			line, rest = w.pending[:w.limit], w.pending[w.limit:]
		}
		w.log.Info("plugin output", "line", w.redact(strings.ToValidUTF8(string(line), "�")))
		w.pending = append([]byte(nil), rest...)
	}
}

// tail keeps the last bytes written to it.
type tail struct {
	limit int

	mu   sync.Mutex
	data []byte
}

// Write implements io.Writer. It never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, p...)
	if over := len(t.data) - t.limit; over > 0 {
		t.data = append([]byte(nil), t.data[over:]...)
	}
	return len(p), nil
}

// String is what was kept, without the white space around it.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(strings.ToValidUTF8(string(t.data), "�"))
}

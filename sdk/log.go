package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/wire"
)

// logHandler sends records as events. Attributes become JSON by slog's own
// handler, so that groups, LogValuers and times look as they do elsewhere.
type logHandler struct {
	events *events
	with   []func(slog.Handler) slog.Handler // the WithAttrs and WithGroup so far
}

// attributesGroup holds a record's attributes in slog's JSON, apart from the
// time, level and message that slog adds.
const attributesGroup = "a"

// Enabled lets everything through: the host decides what to keep.
func (h *logHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.and(func(to slog.Handler) slog.Handler { return to.WithAttrs(attrs) })
}

func (h *logHandler) WithGroup(name string) slog.Handler {
	return h.and(func(to slog.Handler) slog.Handler { return to.WithGroup(name) })
}

func (h *logHandler) and(step func(slog.Handler) slog.Handler) *logHandler {
	with := append(h.with[:len(h.with):len(h.with)], step)
	return &logHandler{events: h.events, with: with}
}

func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	attributes, err := h.attributes(ctx, r)
	h.events.send(&actionv1.ExecuteResponse{Event: &actionv1.ExecuteResponse_Log{Log: &actionv1.Log{
		Level:          levelOf(r.Level),
		Message:        wire.Text(r.Message, maxMessage),
		AttributesJson: attributes,
	}}})
	return err
}

// attributes builds its handler anew for each record: one that is shared would
// have to be locked, and a LogValuer that logs would wait for itself.
func (h *logHandler) attributes(ctx context.Context, r slog.Record) ([]byte, error) {
	var buf bytes.Buffer
	to := slog.NewJSONHandler(&buf, &slog.HandlerOptions{Level: r.Level}).WithGroup(attributesGroup)
	for _, step := range h.with {
		to = step(to)
	}
	r.Message = ""
	if err := to.Handle(ctx, r); err != nil {
		return nil, err
	}
	var line struct {
		Attributes json.RawMessage `json:"a"`
	}
	if err := json.Unmarshal(buf.Bytes(), &line); err != nil {
		return nil, err
	}
	return bounded(line.Attributes), nil
}

// bounded replaces attributes that are too long by their beginning, as text:
// JSON that is cut is no JSON.
func bounded(attributes []byte) []byte {
	if len(attributes) <= maxAttributes {
		return attributes
	}
	// Quoting JSON at most doubles it, and the key takes some.
	start := wire.Text(string(attributes), maxAttributes/2-64)
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(map[string]string{"attributes_cut": start}); err != nil {
		return nil
	}
	return bytes.TrimSpace(buf.Bytes())
}

func levelOf(l slog.Level) actionv1.Log_Level {
	switch {
	case l < slog.LevelInfo:
		return actionv1.Log_LEVEL_DEBUG
	case l < slog.LevelWarn:
		return actionv1.Log_LEVEL_INFO
	case l < slog.LevelError:
		return actionv1.Log_LEVEL_WARN
	}
	return actionv1.Log_LEVEL_ERROR
}

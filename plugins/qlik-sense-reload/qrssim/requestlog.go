package qrssim

import (
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Request is a request that arrived.
type Request struct {
	At       time.Time
	Method   string
	Path     string // as sent, behind a proxy's prefix
	Query    string // as sent, not decoded
	User     string // DIRECTORY\user; empty if it was refused before
	Status   int    // 0 if the connection was dropped
	Duration time.Duration
}

// requestLog remembers requests and writes a line for each.
type requestLog struct {
	log *slog.Logger

	mu   sync.Mutex
	kept ring[Request]
}

func newRequestLog(log *slog.Logger) *requestLog {
	return &requestLog{log: log, kept: ring[Request]{limit: maxRequests}}
}

func (l *requestLog) add(r *http.Request, q Request) {
	q.Method, q.Path, q.Query = r.Method, r.URL.Path, r.URL.RawQuery
	q.Duration = time.Since(q.At)
	l.log.LogAttrs(r.Context(), slog.LevelInfo, "request",
		slog.String("method", q.Method), slog.String("path", q.Path), slog.String("query", q.Query),
		slog.String("user", q.User), slog.Int("status", q.Status), slog.Duration("duration", q.Duration))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept.add(q)
}

func (l *requestLog) all() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.kept.all()
}

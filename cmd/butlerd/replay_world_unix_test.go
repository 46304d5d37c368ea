//go:build unix

package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"butlerd/plugins/qlik-sense-app/enginesim"
	"butlerd/plugins/qlik-sense-reload/qrssim"
)

// world is what the records were made in: a host, a Qlik Sense site, a receiver of
// messages, and a directory, ${G}, which holds the host's data too.
type world struct {
	variables
	responses string // v4_responses
	dir       string // what is not in ${G}
	host      *served
	config    string // that the host has
	repo      *qrssim.Simulator
	engine    *enginesim.Simulator
	sink      *sink
	seen      effects  // up to the last record
	owed      []effect // what is still to come, see deviation.late
}

func newWorld(t *testing.T, responses string) *world {
	t.Helper()
	dir := t.TempDir()
	certs := filepath.Join(dir, "certs")
	repo, err := qrssim.New(qrssim.Options{Dir: certs, Seed: qrssim.ButlerSeed(), ReloadTime: time.Millisecond, TriggerTime: -1})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := enginesim.New(enginesim.Options{Dir: certs, ReloadTime: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{responses: responses, dir: dir, repo: repo, engine: engine, sink: newSink(t)}
	w.variables = variables{"G": filepath.Join(dir, "golden"), "CWD": filepath.Join(dir, "work")}
	if err := os.Mkdir(w.expand("${CWD}"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, start := range []func() error{repo.Start, engine.Start} {
		if err := start(); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		_ = repo.Stop(context.Background())
		_ = engine.Stop(context.Background())
	})
	return w
}

// siteMode is how the site behaves.
type siteMode struct {
	StartStatus int // of starts; 0: as before
	TaskStatus  int // of questions for tasks; 0: as before
	DelayMs     *int
}

// behave makes the site behave so. The records never have two of them wrong at once.
func (w *world) behave(ctx context.Context, m siteMode) error {
	w.repo.ClearFaults()
	switch {
	case m.StartStatus >= 500:
		if err := w.age(ctx); err != nil {
			return err
		}
		return w.repo.Inject(qrssim.Fault{Kind: qrssim.FaultStatus, Status: m.StartStatus, Method: http.MethodPost, Path: "/qrs/task/*start*", Times: -1})
	case m.TaskStatus >= 500:
		return w.repo.Inject(qrssim.Fault{Kind: qrssim.FaultStatus, Status: m.TaskStatus, Method: http.MethodGet, Path: "/qrs/task*", Times: -1})
	case m.DelayMs != nil && *m.DelayMs > 0:
		return w.repo.Inject(qrssim.Fault{Kind: qrssim.FaultSlow, Delay: time.Duration(*m.DelayMs) * time.Millisecond, Times: -1})
	}
	return nil
}

// oldEnough is how long ago an execution began that is not taken for what came of a
// start whose answer was an error: the plugin looks for one, and allows for clocks that
// are 5 s apart.
const oldEnough = 7 * time.Second

// age waits until all executions are old enough.
func (w *world) age(ctx context.Context) error {
	starts := w.repo.Starts()
	if len(starts) == 0 {
		return nil
	}
	return pause(ctx, time.Until(starts[len(starts)-1].At.Add(oldEnough)))
}

// connect has the site take connections, or refuse them.
func (w *world) connect(ctx context.Context, yes bool) error {
	if !yes {
		if err := w.repo.Refuse(ctx); err != nil {
			return err
		}
		return w.engine.Stop(ctx)
	}
	if err := w.repo.Accept(); err != nil {
		return err
	}
	return w.engine.Start()
}

// sink takes what is sent to Slack and New Relic.
type sink struct {
	*httptest.Server
	mu  sync.Mutex
	got []effect
}

func newSink(t *testing.T) *sink {
	s := &sink{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.got = append(s.got, posted(q.Method, q.URL.Path, string(body)))
		_, _ = io.WriteString(w, "ok")
	}))
	t.Cleanup(s.Close)
	return s
}

// messages are those that have arrived.
func (s *sink) messages() []effect {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]effect(nil), s.got...)
}

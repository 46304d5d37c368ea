package api

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp/fasthttputil"

	"butlerd/host/backup"
	"butlerd/host/config"
	"butlerd/host/dispatch"
	"butlerd/host/plugin"
	"butlerd/host/registry"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/store/sqlite"
	"butlerd/sdk/schema"
)

const knownTask = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"

// bundle is a server on a listener in memory, over a real registry and a real
// store in memory. Nothing fires: the engine is not started.
type bundle struct {
	*Server
	t        testing.TB
	registry *registry.Registry
	store    *sqlite.DB
	runs     *fakeRuns
	hosts    *fakeHosts
	log      *logBook
	options  *Options
	client   *http.Client
}

// setup starts a server. change may replace parts of it.
func setup(t testing.TB, change func(*Options)) *bundle {
	t.Helper()
	b := &bundle{t: t, log: &logBook{}}
	b.open()
	b.runs = &fakeRuns{store: b.store, registry: b.registry}
	b.hosts = &fakeHosts{}
	b.options = &Options{
		Version:   "1.2.3",
		Schedules: b.registry,
		KeyValues: b.store,
		Now:       time.Now,
		Runs:      b.runs,
		History:   b.store,
		Hosts:     b.hosts,
		Audit:     fakeAudit{b.store},
		Holds:     fakeHolds{b.store},
		Backup: func(ctx context.Context, w io.Writer) error {
			_, err := backup.Write(ctx, w, b.store, "1.2.3", noon)
			return err
		},
		Simulate:    simulated,
		Plugins:     func() []PluginInfo { return []PluginInfo{reloadPlugin()} },
		Reload:      func(context.Context) (registry.Diff, config.Diagnostics, error) { return noDiff(), nil, nil },
		Ready:       func() []Check { return []Check{{Name: "store", OK: true, Detail: "writable"}} },
		Metrics:     http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1\n") }),
		V4Responses: Examples,
		Log:         slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(b.options)
	}
	b.serve()
	return b
}

func (b *bundle) open() {
	b.t.Helper()
	var err error
	if b.store, err = sqlite.Open(context.Background(), sqlite.Options{Path: ":memory:"}); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = b.store.Close() })
	if _, err := b.store.Join(context.Background(), store.Host{ID: "host-1", Name: "one"}); err != nil {
		b.t.Fatal(err)
	}
	b.registry = registry.New(registry.Options{
		Store:    b.store,
		Labels:   map[string]string{"zone": "a"},
		Now:      time.Now,
		Engine:   schedule.NewEngine(schedule.Options{Handle: func([]schedule.Due) {}}),
		Specs:    schedule.NewCache(),
		PluginOf: func(string) string { return reloadAction },
		Dropped:  func(string) {},
		Foreign:  func() {},
		Log:      slog.New(slog.DiscardHandler),
	})
}

func (b *bundle) serve() {
	b.t.Helper()
	server, err := New(*b.options)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Server = server
	listener := fasthttputil.NewInmemoryListener()
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	dial := func(context.Context, string, string) (net.Conn, error) { return listener.Dial() }
	transport := &http.Transport{DialContext: dial}
	b.client = &http.Client{Transport: transport}
	b.t.Cleanup(func() {
		transport.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := server.Stop(ctx); err != nil {
			b.t.Errorf("stopping: %v", err)
		}
		if err := <-served; err != nil {
			b.t.Errorf("serving: %v", err)
		}
		if time.Now().Year() < 2020 { // in a bubble, which fasthttp's cleaner of idle workers keeps from ending
			time.Sleep(time.Minute)
		}
	})
}

// answer is what came back.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

func (b *bundle) ctx() context.Context { return context.Background() }

// send sends a request. header holds "Name: value" lines.
func (b *bundle) send(method, path, body string, header ...string) answer {
	b.t.Helper()
	q, err := http.NewRequest(method, "http://butlerd"+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if body == "" {
		q.Body, q.ContentLength = nil, 0
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		q.Header.Set(name, value)
	}
	return b.do(q)
}

func (b *bundle) do(q *http.Request) answer {
	b.t.Helper()
	r, err := b.client.Do(q)
	if err != nil {
		b.t.Fatalf("%s %s: %v", q.Method, q.URL, err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Fatalf("%s %s: %v", q.Method, q.URL, err)
	}
	a := answer{Status: r.StatusCode, Header: r.Header, Body: string(body)}
	method := q.Method
	if override := strings.ToUpper(q.Header.Get(overrideHeader)); method == http.MethodPost && override != "" {
		method = override
	}
	conform(b.t, q, method, a)
	return a
}

// asJSON declares a body's type.
const asJSON = "Content-Type: application/json"

// fakeRuns makes runs in the store as a dispatcher does, and executes none.
type fakeRuns struct {
	store    *sqlite.DB
	registry *registry.Registry

	mu        sync.Mutex
	err       error // returned by Trigger and Cancel when set
	cancelled []string
}

func (f *fakeRuns) Trigger(ctx context.Context, q dispatch.Request) (run.Run, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.registry.Get(q.ScheduleID)
	switch {
	case f.err != nil:
		return run.Run{}, false, f.err
	case !ok:
		return run.Run{}, false, store.ErrNotFound
	}
	now := time.Now().UTC()
	return f.store.Trigger(ctx, store.Trigger{HostID: "host-1", Start: true, Run: run.Run{
		ID: newRunID(), ScheduleID: s.ID, ScheduleName: s.Name, Trigger: run.ByAPI, By: q.By, IdempotencyKey: q.Key,
		DueAt: now, CreatedAt: now, Action: s.Action.Type, Plugin: reloadAction,
	}})
}

func (f *fakeRuns) Cancel(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancelled = append(f.cancelled, id)
	return f.err
}

func noDiff() registry.Diff {
	return registry.Diff{Added: []string{}, Changed: []string{}, Removed: []string{}}
}

func newRunID() string { return uuid.Must(uuid.NewV7()).String() }

// logBook keeps what was logged.
type logBook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func reloadPlugin() PluginInfo {
	task := schema.Attribute{Name: "task_id", Type: schema.String, Doc: "id of the task to start"}
	return PluginInfo{
		Status: plugin.Status{Name: reloadAction, State: plugin.Ready, PID: 4711, StartedAt: time.Now(), SHA256: strings.Repeat("ab", 32)},
		Description: plugin.Description{Name: reloadAction, Version: "1.0.0", SDK: "1", Doc: "Starts reload tasks.", Actions: []plugin.Action{
			{Type: reloadAction, Doc: "Starts a task.", Arguments: schema.Body{Attributes: []schema.Attribute{task}}},
		}},
		MaxConcurrent: 4,
	}
}

// Package hosttest starts whole hosts in tests: real configuration, store,
// dispatcher and API, plugins served in the same process, everything in memory.
// A host made inside a testing/synctest bubble lives in virtual time.
//
// It is for tests of the host as its users see it, over HTTP. Real plugin
// processes, real sockets and kill -9 are tested where real time is.
package hosttest

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp/fasthttputil"

	"butlerd/host"
	"butlerd/host/config"
	"butlerd/sdk"
)

// Host is a host under test.
type Host struct {
	*host.Host

	t      testing.TB
	path   string // of its configuration
	client *http.Client
}

// Options are what Start can be told. The zero value is fine.
type Options struct {
	// Plugins are served to the configuration as if they were bundled, by name.
	Plugins map[string]func() sdk.Plugin
	// Quiet keeps the host's log out of the test's output.
	Quiet bool
}

// Start starts a host with a configuration and ends it with the test.
func Start(t testing.TB, text string, o Options) *Host {
	t.Helper()
	h := &Host{t: t, path: filepath.Join(t.TempDir(), "config.hcl")}
	h.Write(text)
	listener := fasthttputil.NewInmemoryListener()
	started, diags, err := host.New(host.Options{
		Config:   config.Options{Paths: []string{h.path}},
		Version:  "test",
		Bundled:  bundled(o.Plugins),
		Listener: listener,
		InMemory: true,
		Log:      h.log(o.Quiet),
	})
	if err != nil {
		t.Fatalf("making the host: %v\n%v", err, diags)
	}
	if diags, err := started.Start(context.Background()); err != nil {
		t.Fatalf("starting the host: %v\n%v", err, diags)
	}
	t.Cleanup(h.stop)
	h.Host = started
	h.client = &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, // an idle connection's goroutines would outlive a bubble
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return listener.Dial() },
	}}
	return h
}

// fasthttpIdle is longer than fasthttp's cleaner of idle workers sleeps. It ends
// only when it wakes; until then a bubble cannot end.
const fasthttpIdle = time.Minute

func (h *Host) stop() {
	h.Host.Stop()
	h.client.CloseIdleConnections()
	if virtual() {
		time.Sleep(fasthttpIdle)
	}
}

// virtual says whether the calling test lives in virtual time, which begins in
// the year 2000 and does not get far.
func virtual() bool { return time.Now().Year() < 2020 }

func bundled(plugins map[string]func() sdk.Plugin) []host.Bundled {
	var list []host.Bundled
	for name, make := range plugins {
		list = append(list, host.Bundled{Name: name, Make: make})
	}
	return list
}

func (h *Host) log(quiet bool) *slog.Logger {
	if quiet {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(h.t.Output(), nil))
}

// Write replaces the configuration file, for a reload.
func (h *Host) Write(text string) {
	h.t.Helper()
	if err := os.WriteFile(h.path, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// Reply is an answer of the API.
type Reply struct {
	Status int
	Header http.Header
	Body   string
}

// Do sends a request. headers are "Name: value".
func (h *Host) Do(method, path, body string, headers ...string) Reply {
	h.t.Helper()
	q, err := http.NewRequest(method, "http://butlerd"+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		q.Header.Set(name, value)
	}
	answer, err := h.client.Do(q)
	if err != nil {
		h.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatalf("%s %s: %v", method, path, err)
	}
	return Reply{Status: answer.StatusCode, Header: answer.Header, Body: string(data)}
}

// Get sends a GET request, expects status 200 and decodes the JSON answer into v.
func (h *Host) Get(path string, v any) {
	h.t.Helper()
	r := h.Do(http.MethodGet, path, "")
	if r.Status != http.StatusOK {
		h.t.Fatalf("GET %s: %d %s", path, r.Status, r.Body)
	}
	if err := json.Unmarshal([]byte(r.Body), v); err != nil {
		h.t.Fatalf("GET %s: %v in %s", path, err, r.Body)
	}
}

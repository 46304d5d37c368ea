package reload

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"butlerd/plugins/qlik-sense-reload/qrs"
	"butlerd/plugins/qlik-sense-reload/qrssim"
	"butlerd/sdk/sdktest"
)

// Tasks of the simulator's default seed.
const (
	app1ID    = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
	failsID   = "3a8f4c1e-5d27-4b96-8e0a-1f2b3c4d5e01"
	retriesID = "3a8f4c1e-5d27-4b96-8e0a-1f2b3c4d5e02"
	slowID    = "3a8f4c1e-5d27-4b96-8e0a-1f2b3c4d5e03"
	programID = "3a8f4c1e-5d27-4b96-8e0a-1f2b3c4d5e05"
)

// memory carries requests to a handler without sockets, so that a synctest
// bubble can hold both ends.
type memory struct{ handler http.Handler }

func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	recorder := httptest.NewRecorder()
	ended := make(chan error, 1)
	go func() {
		defer func() {
			if recover() != nil {
				ended <- io.ErrUnexpectedEOF // how a dropped connection looks
			}
		}()
		m.handler.ServeHTTP(recorder, r.Clone(r.Context()))
		ended <- nil
	}()
	select {
	case err := <-ended:
		if err != nil {
			return nil, err
		}
		answer := recorder.Result()
		answer.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
		return answer, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// refusing is a host where nothing listens.
type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("connection refused")
}

// bench is a plugin with a simulated site, both in the bubble of a test.
type bench struct {
	t      testing.TB
	sim    *qrssim.Simulator
	plugin *plugin
}

func newBench(t testing.TB, options qrssim.Options) *bench {
	t.Helper()
	sim, err := qrssim.New(options)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, sim: sim, plugin: &plugin{}}
	b.through(memory{sim.Handler()})
	return b
}

// through makes requests go another way.
func (b *bench) through(transport http.RoundTripper) {
	b.t.Helper()
	client, err := qrs.New(qrs.Options{
		Hosts:     []string{"sense.example.com:4242"},
		Auth:      qrs.AsUser("INTERNAL", "sa_repository"),
		Timeout:   30 * time.Second,
		Transport: transport,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.plugin.client.Store(client)
}

func (b *bench) inject(faults ...qrssim.Fault) {
	b.t.Helper()
	for _, f := range faults {
		if err := b.sim.Inject(f); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *bench) run(arguments string, opts ...sdktest.Option) *sdktest.Record {
	b.t.Helper()
	return sdktest.Run(b.t, b.plugin.action(), arguments, opts...)
}

// took counts the starts of a task that took effect.
func (b *bench) took(id string) (n int) {
	for _, s := range b.sim.Starts() {
		if s.TaskID.String() == id && s.SessionID.String() != "00000000-0000-0000-0000-000000000000" {
			n++
		}
	}
	return n
}

// reportOf decodes a result.
func reportOf(t testing.TB, r *sdktest.Record) Report {
	t.Helper()
	var report Report
	if r.Result == nil {
		t.Fatalf("no result; error %q", r.Err)
	}
	if err := json.Unmarshal(r.Result, &report); err != nil {
		t.Fatal(err)
	}
	return report
}

func wantStatus(t testing.TB, r *sdktest.Record, want sdktest.Status) {
	t.Helper()
	if r.Status != want {
		t.Fatalf("status %q, error %q; want %q\n%s", r.Status, r.Err, want, logOf(r))
	}
}

func wantText(t testing.TB, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s: %q lacks %q", what, text, part)
		}
	}
}

// logOf is the log of a run as people read it.
func logOf(r *sdktest.Record) string {
	var b strings.Builder
	for _, l := range r.Logs {
		fmt.Fprintf(&b, "%s %s %v\n", l.Level, l.Message, l.Attributes)
	}
	return b.String()
}

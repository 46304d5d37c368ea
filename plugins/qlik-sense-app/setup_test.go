package app_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	app "butlerd/plugins/qlik-sense-app"
	"butlerd/plugins/qlik-sense-app/enginesim"
	"butlerd/sdk/sdktest"
)

// Apps of the site that tests use, beside the two of enginesim.DefaultApps.
const (
	brokenApp  = "00000000-0000-0000-0000-0000000000b1" // its script fails
	slowApp    = "00000000-0000-0000-0000-0000000000b2" // reloads for an hour
	deniedApp  = "00000000-0000-0000-0000-0000000000b3" // nobody may open it
	unknownApp = "11111111-2222-4333-8444-555555555555" // is not there
)

const user = `INTERNAL\sa_repository`

func apps() []enginesim.App {
	return append(enginesim.DefaultApps(),
		enginesim.App{ID: brokenApp, Name: "Broken", Fails: "Field 'Amuont' not found"},
		enginesim.App{ID: slowApp, Name: "Slow", ReloadTime: time.Hour},
		enginesim.App{ID: deniedApp, Name: "Denied", Denied: []string{user}},
	)
}

// start starts a simulator that is quick, on a loopback address.
func start(t *testing.T, apps []enginesim.App) *enginesim.Simulator {
	t.Helper()
	return startIn(t, t.TempDir(), apps)
}

// startIn is start with a directory for the certificates.
func startIn(t *testing.T, dir string, apps []enginesim.App) *enginesim.Simulator {
	t.Helper()
	sim, err := enginesim.New(enginesim.Options{Dir: dir, Apps: apps, ReloadTime: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return sim
}

// settings is a configuration as JSON.
type settings map[string]any

func (s settings) with(changes settings) settings {
	merged := settings{}
	for _, from := range []settings{s, changes} {
		for name, value := range from {
			merged[name] = value
		}
	}
	return merged
}

// to is a configuration for the simulator. Requests have much time, so that tests
// do not depend on how busy the machine is.
func to(sim *enginesim.Simulator) settings {
	certs := sim.Certs()
	return settings{"host": sim.Addr(), "request_timeout": "5m", "client_cert": certs.Client, "client_key": certs.ClientKey, "root_cert": certs.Root}
}

// serve is a plugin in memory with a configuration.
func serve(t *testing.T, s settings) *sdktest.Client {
	t.Helper()
	client := sdktest.Serve(t, app.Plugin())
	config, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	found, err := client.Configure(t.Context(), string(config))
	if err != nil || len(found) > 0 {
		t.Fatalf("configuring: %v, %v", found, err)
	}
	return client
}

// reload makes a run. more are arguments besides the app's id, with a comma first.
func reload(t *testing.T, client *sdktest.Client, id, more string) *sdktest.Record {
	t.Helper()
	r, err := client.Run(t.Context(), app.Reload, `{"app_id": "`+id+`"`+more+`}`)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func dump(t *testing.T, client *sdktest.Client, id string) *sdktest.Answer {
	t.Helper()
	a, err := client.Query(t.Context(), app.DumpQuery, `{"app_id": "`+id+`"}`)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func inject(t *testing.T, sim *enginesim.Simulator, faults ...enginesim.Fault) {
	t.Helper()
	for _, f := range faults {
		if err := sim.Inject(f); err != nil {
			t.Fatal(err)
		}
	}
}

func wantStatus(t *testing.T, r *sdktest.Record, status sdktest.Status, retry sdktest.Retry, parts ...string) {
	t.Helper()
	if r.Status != status || status != sdktest.Succeeded && r.Retry != retry {
		t.Fatalf("status %q, retry %q, error %q; want %q, %q", r.Status, r.Retry, r.Err, status, retry)
	}
	wantParts(t, r.Err, parts...)
}

func wantParts(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}

// until waits for something that another goroutine brings about.
func until(t *testing.T, what string, met func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !met() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// methods are what was called, in order.
func methods(sim *enginesim.Simulator) []string {
	var list []string
	for _, c := range sim.Calls() {
		list = append(list, c.Method)
	}
	return list
}

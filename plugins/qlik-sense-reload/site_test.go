package reload_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	reload "butlerd/plugins/qlik-sense-reload"
	"butlerd/plugins/qlik-sense-reload/qrssim"
	"butlerd/sdk/sdktest"
)

// Tasks of the simulator's default seed.
const (
	app1ID  = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
	failsID = "3a8f4c1e-5d27-4b96-8e0a-1f2b3c4d5e01"
	slowID  = "3a8f4c1e-5d27-4b96-8e0a-1f2b3c4d5e03"
)

// start starts a simulator that is quick, on a loopback address.
func start(t *testing.T, o qrssim.Options) *qrssim.Simulator {
	t.Helper()
	o.Dir = t.TempDir()
	o.ReloadTime, o.TriggerTime = 20*time.Millisecond, -1
	sim, err := qrssim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Stop(t.Context()) })
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

// direct is the configuration for clients with a certificate.
func direct(sim *qrssim.Simulator) settings {
	certs := sim.Certs()
	return settings{"host": sim.Addr(), "client_cert": certs.Client, "client_key": certs.ClientKey, "root_cert": certs.Root}
}

// serve is a plugin in memory with a configuration.
func serve(t *testing.T, s settings) *sdktest.Client {
	t.Helper()
	client := sdktest.Serve(t, reload.Plugin())
	configure(t, client, s)
	return client
}

func configure(t *testing.T, client *sdktest.Client, s settings) {
	t.Helper()
	config, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	found, err := client.Configure(t.Context(), string(config))
	if err != nil || len(found) > 0 {
		t.Fatalf("configuring: %v, %v", found, err)
	}
}

// run makes a run that looks often.
func run(t *testing.T, client *sdktest.Client, selector string) *sdktest.Record {
	t.Helper()
	r, err := client.Run(t.Context(), reload.Name, `{"poll_interval": "100ms", `+selector+`}`)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantSuccess(t *testing.T, r *sdktest.Record) {
	t.Helper()
	if r.Status != sdktest.Succeeded {
		t.Fatalf("status %q, error %q", r.Status, r.Err)
	}
}

func wantError(t *testing.T, r *sdktest.Record, parts ...string) {
	t.Helper()
	if r.Status != sdktest.Failed {
		t.Fatalf("status %q, error %q", r.Status, r.Err)
	}
	for _, part := range parts {
		if !strings.Contains(r.Err, part) {
			t.Errorf("error %q lacks %q", r.Err, part)
		}
	}
}

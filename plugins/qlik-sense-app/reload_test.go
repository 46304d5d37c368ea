package app_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	app "butlerd/plugins/qlik-sense-app"
	"butlerd/plugins/qlik-sense-app/enginesim"
	"butlerd/sdk/sdktest"
)

func TestReload(t *testing.T) {
	t.Parallel()
	sim := start(t, apps())
	r := reload(t, serve(t, to(sim)), enginesim.App1, "")
	wantStatus(t, r, sdktest.Succeeded, "")
	want := []enginesim.Reload{{AppID: enginesim.App1, Ended: true, Saved: true}}
	if diff := cmp.Diff(want, sim.Reloads()); diff != "" {
		t.Error(diff)
	}
	var report app.ReloadReport
	if err := json.Unmarshal(r.Result, &report); err != nil {
		t.Fatal(err)
	}
	if report.AppID != enginesim.App1 || report.Seconds <= 0 || !r.Accepted {
		t.Errorf("report %+v, accepted %t", report, r.Accepted)
	}
	wantParts(t, r.Summary, "reloaded app "+enginesim.App1)
	got := slices.DeleteFunc(methods(sim), func(m string) bool { return m == "GetProgress" })
	if diff := cmp.Diff([]string{"connect", "OpenDoc", "DoReload", "DoSave"}, got); diff != "" {
		t.Error(diff)
	}
	first := sim.Calls()[0]
	if first.User != user || !strings.HasPrefix(first.Params, "/app/"+enginesim.App1) {
		t.Errorf("connected as %s to %s", first.User, first.Params)
	}
}

func TestReloadArgumentsReachTheEngine(t *testing.T) {
	t.Parallel()
	sim := start(t, apps())
	r := reload(t, serve(t, to(sim)), enginesim.App2, `, "partial": true, "mode": 2`)
	wantStatus(t, r, sdktest.Succeeded, "")
	want := []enginesim.Reload{{AppID: enginesim.App2, Mode: 2, Partial: true, Ended: true, Saved: true}}
	if diff := cmp.Diff(want, sim.Reloads()); diff != "" {
		t.Error(diff)
	}
}

func TestReloadTellsOfItsProgress(t *testing.T) {
	t.Parallel()
	sim := start(t, apps())
	inject(t, sim, enginesim.Fault{Method: "GetProgress", Kind: enginesim.Raw, Times: 1,
		Message: `{"jsonrpc":"2.0","id":3,"result":{"qProgressData":{"qStarted":true,"qPersistentProgress":"Started\r\nSales: 5 lines\r\n","qTransientProgress":"7 lines","qErrorData":[{"qErrorString":"odd","qLine":"LOAD\u0000 x"}]}}}`})
	r, stop := running(t, sim, slowApp)
	until(t, "the engine was asked", func() bool { return slices.Contains(methods(sim), "GetProgress") })
	stop()
	record := <-r
	var texts []string
	for _, l := range record.Logs {
		if text, ok := l.Attributes["text"].(string); ok {
			texts = append(texts, text)
		}
	}
	if diff := cmp.Diff([]string{"Started", "Sales: 5 lines", "odd"}, texts); diff != "" {
		t.Error(diff)
	}
	if len(record.Progress) == 0 || record.Progress[0].Note != "7 lines" {
		t.Errorf("progress %v", record.Progress)
	}
}

func TestReloadThatFails(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		app      string
		fault    enginesim.Fault
		retry    sdktest.Retry
		accepted bool
		want     string
	}{
		"in the script":           {brokenApp, enginesim.Fault{}, sdktest.Default, true, "failed: The following error occurred:; Field 'Amuont' not found; The error occurred here:; LOAD"},
		"of an unknown app":       {unknownApp, enginesim.Fault{}, sdktest.Never, false, "OpenDoc at 127.0.0.1:"},
		"of an app without right": {deniedApp, enginesim.Fault{}, sdktest.Never, false, "does not let the user do this: Access is denied (code 5)"},
		"without right to reload": {enginesim.App1, enginesim.Fault{Method: "DoReload", Kind: enginesim.Answer, Code: 5, Message: "Access is denied"}, sdktest.Never, false, "DoReload at"},
		"without right to save":   {enginesim.App1, enginesim.Fault{Method: "DoSave", Kind: enginesim.Answer, Code: 5, Message: "Access is denied"}, sdktest.Never, true, "reloaded, but not saved: DoSave"},
		"as it is aborted":        {enginesim.App1, enginesim.Fault{Method: "DoReload", Kind: enginesim.Answer, Code: 15, Message: "Aborted"}, sdktest.Default, false, "the engine refuses: Aborted (code 15)"},
		"when HTTP says no":       {enginesim.App1, enginesim.Fault{Method: "connect", Kind: enginesim.Answer, Code: 403}, sdktest.Never, false, "it answered 403: it does not know the user"},
		"when HTTP is in trouble": {enginesim.App1, enginesim.Fault{Method: "connect", Kind: enginesim.Answer, Code: 503}, sdktest.Default, false, "it answered 503: it is in trouble itself"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := start(t, apps())
			if tt.fault.Method != "" {
				inject(t, sim, tt.fault)
			}
			r := reload(t, serve(t, to(sim)), tt.app, "")
			wantStatus(t, r, sdktest.Failed, tt.retry, tt.want)
			if r.Accepted != tt.accepted {
				t.Errorf("accepted %t", r.Accepted)
			}
			for _, order := range sim.Reloads() {
				if order.Saved {
					t.Error("it was saved")
				}
			}
		})
	}
}

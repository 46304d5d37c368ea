package reload_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	reload "butlerd/plugins/qlik-sense-reload"
	"butlerd/plugins/qlik-sense-reload/qrssim"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/sdktest"
)

func ask(t *testing.T, client *sdktest.Client, query, arguments string) *sdktest.Answer {
	t.Helper()
	answer, err := client.Query(t.Context(), query, arguments)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestQueriesOverTLS(t *testing.T) {
	t.Parallel()
	sim := start(t, qrssim.Options{Seed: qrssim.ButlerSeed()})
	client := serve(t, direct(sim))
	from := time.Now().Add(-time.Minute)
	wantSuccess(t, run(t, client, `"tag": "it's"`))
	times := fmt.Sprintf(`{"from": %q, "to": %q}`, from.Format(time.RFC3339), time.Now().Add(time.Minute).Format(time.RFC3339))
	tests := map[string]struct{ query, arguments, want string }{
		"tasks by tag": {"qlik-sense-tasks", `{"tags": ["it's"]}`,
			`[{"tag":"it's","tasks":[{"id":"fb0f317d-da91-4b86-aafa-0174ae1e8c8f","name":"Reload task of App3 åäö"}]}]`},
		"tasks by property": {"qlik-sense-tasks", `{"custom_properties": [{"name": "Owner", "value": "a b"}]}`,
			`[{"name":"Owner","value":"a b","tasks":[{"id":"fb0f317d-da91-4b86-aafa-0174ae1e8c8f","name":"Reload task of App3 åäö"}]}]`},
		"tasks by id": {"qlik-sense-tasks", `{"task_ids": ["` + app1ID + `"]}`, `"by_id":[{"id":"` + app1ID + `","name":"Reload task of App1"}]`},
		"apps":        {"qlik-sense-apps", `{}`, `{"id":"00000000-0000-0000-0000-000000000010","name":"App2 åäö"}`},
		"executions":  {"qlik-sense-executions", times, `"id":"` + sim.Starts()[0].SessionID.String() + `"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := ask(t, client, tt.query, tt.arguments)
			if !strings.Contains(string(got.Result), tt.want) {
				t.Errorf("got %s %s", got.Result, got.Err)
			}
		})
	}
}

// TestASiteInTrouble: what is wrong is told while it is, and nothing of it stays.
func TestASiteInTrouble(t *testing.T) {
	t.Parallel()
	sim := start(t, qrssim.Options{Seed: qrssim.ButlerSeed(), Control: "127.0.0.1:0"})
	client := serve(t, direct(sim))
	tests := map[string]struct{ path, body, want string }{
		"it answers 500":             {"/simulator/faults", `{"kind": "status", "status": 500, "body": "oops", "path": "/qrs/task*", "times": -1}`, `it answered 500, it is in trouble itself: "oops"`},
		"it denies":                  {"/simulator/faults", `{"kind": "status", "status": 403, "times": -1}`, "it does not let the user do this"},
		"it drops connections":       {"/simulator/faults", `{"kind": "drop_before", "times": -1}`, "the connection ended before the answer"},
		"it refuses all connections": {"/simulator/refuse", "", "refused"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { // one after the other: it is one site
			control(t, sim, http.MethodPost, tt.path, tt.body)
			got := ask(t, client, "qlik-sense-tasks", `{"task_ids": ["`+app1ID+`"]}`)
			if !strings.Contains(got.Err, "reading tasks at "+sim.Addr()) || !strings.Contains(got.Err, tt.want) {
				t.Errorf("got %q %s", got.Err, got.Result)
			}
			control(t, sim, http.MethodPost, "/simulator/accept", "")
			control(t, sim, http.MethodDelete, "/simulator/faults", "")
			if again := ask(t, client, "qlik-sense-tasks", `{"task_ids": ["`+app1ID+`"]}`); again.Err != "" {
				t.Errorf("afterwards: %s", again.Err)
			}
		})
	}
}

// control tells a simulator something as a test of another process does.
func control(t *testing.T, sim *qrssim.Simulator, method, path, body string) {
	t.Helper()
	config, err := sim.ClientTLS()
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: config}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), method, sim.ControlURL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		t.Fatalf("%s %s answered %d", method, path, answer.StatusCode)
	}
}

// TestAcceptanceIsToldBeforeTheEnd: who waits for it only does not wait for reloads.
func TestAcceptanceIsToldBeforeTheEnd(t *testing.T) {
	t.Parallel()
	sim := start(t, qrssim.Options{})
	client := serve(t, direct(sim))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream, err := client.Wire.Execute(ctx, &actionv1.ExecuteRequest{
		Action: reload.Name, ArgumentsJson: []byte(`{"tag": "nightly"}`), Run: &actionv1.Run{Id: "run", Attempt: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	for accepted := false; !accepted; {
		event, err := stream.Recv()
		if err != nil || event.GetResult() != nil {
			t.Fatalf("it ended before: %v, %v", event, err)
		}
		accepted = event.GetAccepted() != nil
	}
	if len(sim.Starts()) != 2 || sim.Running() == 0 {
		t.Errorf("accepted with %d starts, %d executing", len(sim.Starts()), sim.Running())
	}
}

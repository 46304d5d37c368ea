package reload_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	reload "butlerd/plugins/qlik-sense-reload"
	"butlerd/plugins/qlik-sense-reload/qrssim"
	"butlerd/sdk"
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/sdktest"
)

// build makes the executable.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "qlik-sense-reload.exe") // Windows wants the ending, others do not mind
	command := exec.Command("go", "build", "-o", path, "./cmd")
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		t.Fatalf("building the plugin: %v", err)
	}
	return path
}

func TestAsAProcess(t *testing.T) {
	t.Parallel()
	path, sim := build(t), start(t, qrssim.Options{Seed: seeded()})
	config, err := json.Marshal(direct(sim))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("it starts a task", func(t *testing.T) {
		client := sdktest.Exec(t, path)
		configure(t, client, direct(sim))
		r := run(t, client, `"task_id": "`+app1ID+`"`)
		wantSuccess(t, r)
		if len(sim.Starts()) != 1 || len(r.Logs) == 0 {
			t.Errorf("starts %v, log %v", sim.Starts(), r.Logs)
		}
	})
	t.Run("it finds what a killed one started", func(t *testing.T) {
		lost := killed(t, path, direct(sim))
		client := sdktest.Exec(t, path)
		configure(t, client, direct(sim))
		before := len(sim.Starts())
		r, err := client.Run(t.Context(), reload.Name, resumable, sdktest.WithLost(lost))
		if err != nil {
			t.Fatal(err)
		}
		wantSuccess(t, r)
		if len(sim.Starts()) != before || !strings.Contains(string(r.Result), sim.Starts()[before-1].SessionID.String()) {
			t.Errorf("starts %v, result %s", sim.Starts(), r.Result)
		}
	})
	t.Run("it keeps the contract", func(t *testing.T) {
		sdktest.Conformance(t, sdktest.Exec(t, path), sdktest.Calls{
			Config:  string(config),
			Resumed: sdktest.Call{Action: reload.Name, Arguments: `{"task_id": "` + app1ID + `", "if_running": "wait"}`},
			Slow:    sdktest.Call{Action: reload.Name, Arguments: `{"task_id": "` + slowID + `", "if_running": "wait"}`},
		})
	})
}

// resumable takes long enough to be killed meanwhile.
const resumable = `{"task_name": "Takes a second", "poll_interval": "100ms"}`

// seeded is the usual site with one task more.
func seeded() *qrssim.Seed {
	seed := qrssim.DefaultSeed()
	seed.Tasks = append(seed.Tasks, qrssim.SeedTask{Name: "Takes a second", App: seed.Tasks[0].App, ReloadTime: qrssim.Duration(time.Second)})
	return seed
}

// killed is an attempt whose process was killed while its task was executing.
func killed(t *testing.T, path string, config settings) sdk.LostAttempt {
	t.Helper()
	client := sdktest.Exec(t, path)
	configure(t, client, config)
	lost := sdk.LostAttempt{Attempt: 1, StartedAt: time.Now()}
	stream, err := client.Wire.Execute(t.Context(), &actionv1.ExecuteRequest{
		Action: reload.Name, ArgumentsJson: []byte(resumable), Run: &actionv1.Run{Id: "killed-run", Attempt: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(string(lost.Checkpoint), "session") {
		event, err := stream.Recv()
		if err != nil || event.GetResult() != nil {
			t.Fatalf("it ended before it was killed: %v, %v", event, err)
		}
		if note := event.GetCheckpoint(); note != nil {
			lost.Checkpoint = note.GetDataJson()
		}
	}
	if err := client.Kill(); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = stream.Recv()
	}
	return lost
}

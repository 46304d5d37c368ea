package reload_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	reload "butlerd/plugins/qlik-sense-reload"
	"butlerd/plugins/qlik-sense-reload/qrssim"
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
	path, sim := build(t), start(t, qrssim.Options{})
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
	t.Run("it keeps the contract", func(t *testing.T) {
		sdktest.Conformance(t, sdktest.Exec(t, path), sdktest.Calls{
			Config: string(config),
			Slow:   sdktest.Call{Action: reload.Name, Arguments: `{"task_id": "` + slowID + `", "if_running": "wait"}`},
		})
	})
}

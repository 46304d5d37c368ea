package app_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	app "butlerd/plugins/qlik-sense-app"
	"butlerd/plugins/qlik-sense-app/enginesim"
	"butlerd/sdk/sdktest"
)

func TestAsAProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "qlik-sense-app.exe") // Windows wants the ending, others do not mind
	command := exec.Command("go", "build", "-o", path, "./cmd")
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		t.Fatalf("building the plugin: %v", err)
	}
	sim := start(t, apps())
	config, err := json.Marshal(to(sim))
	if err != nil {
		t.Fatal(err)
	}
	client := sdktest.Exec(t, path)
	if found, err := client.Configure(t.Context(), string(config)); err != nil || len(found) > 0 {
		t.Fatalf("configuring: %v, %v", found, err)
	}
	t.Run("it reloads and dumps", func(t *testing.T) {
		if r := reload(t, client, enginesim.App1, ""); r.Status != sdktest.Succeeded || !r.Accepted {
			t.Errorf("status %q, error %q", r.Status, r.Err)
		}
		if a := dump(t, client, enginesim.App1); a.Err != "" {
			t.Error(a.Err)
		}
	})
	t.Run("it takes its reload with it", func(t *testing.T) {
		ended := make(chan error, 1)
		go func() { // ends with the process
			_, err := client.Run(t.Context(), app.Reload, `{"app_id": "`+slowApp+`"}`)
			ended <- err
		}()
		until(t, "the reload is ordered", func() bool { return len(sim.Reloads()) == 2 })
		if err := client.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err == nil {
			t.Error("the run has a result")
		}
		until(t, "the engine has ended it", func() bool { return sim.Reloads()[1].Cancelled })
	})
}

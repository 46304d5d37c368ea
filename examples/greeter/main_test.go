package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"butlerd/sdk/sdktest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "greeter.exe") // Windows wants the ending, others do not mind
	build := exec.Command("go", "build", "-o", path, ".")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		t.Fatalf("building the plugin: %v", err)
	}
	sdktest.Conformance(t, sdktest.Exec(t, path), sdktest.Calls{
		Loud: sdktest.Call{Action: "greet", Arguments: `{"name": "` + strings.Repeat("x", 1<<10) + `", "times": 1024}`},
		Slow: sdktest.Call{Action: "greet", Arguments: `{"name": "Ada", "pause": "1h"}`},
	})
}

//go:build unix

package sdk_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// beHost is a host that has a plugin with an attempt running, says so, and
// then does nothing. The plugin inherits file 3, so that whoever holds its
// other end sees when both have ended.
func beHost(marker string) {
	cmd := asPlugin()
	cmd.ExtraFiles = []*os.File{os.NewFile(3, "lifeline")}
	if _, err := startPlugin(context.Background(), cmd, marker, 100*time.Millisecond); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	select {}
}

func TestAPluginEndsWhenItsHostIsKilled(t *testing.T) {
	t.Parallel()
	marker := filepath.Join(t.TempDir(), "marker")
	lifeline, end, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer lifeline.Close()
	host := exec.Command(os.Args[0], roleHost, marker)
	host.ExtraFiles = []*os.File{end}
	host.Stderr = os.Stderr
	stdout, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	end.Close()
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the host says %q, %v", line, err)
	}

	if err := host.Process.Kill(); err != nil { // SIGKILL: it cannot take leave
		t.Fatal(err)
	}
	_ = host.Wait()
	if err := lifeline.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(lifeline); err != nil {
		t.Errorf("the plugin lives on: %v", err)
	}
	if _, err := os.Stat(marker); err != nil {
		t.Errorf("its action did not clean up: %v", err)
	}
}

//go:build unix

package main

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestNoFilesLeft opens more connections than the program may have files: it serves
// those it has, and goes on when some have ended.
func TestNoFilesLeft(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config := writeStopwatch(t, dir, "")
	cmd := exec.Command("sh", "-c", `ulimit -n 200 && exec "$0" "$@"`, self, "serve", "-config", config)
	s := &site{served: launch(t, dir, cmd)}
	t.Cleanup(s.kill)
	s.url = s.ready(t)
	var first, last *net.TCPConn
	for range 400 {
		if last, err = s.dial(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer last.Close()
		if first == nil {
			first = last
			if err := ping(first); err != nil {
				t.Fatal(err)
			}
		}
	}
	// What is beyond waits in the kernel, and comes when those before it have been
	// silent for too long.
	if err := ping(last); err != nil {
		t.Errorf("the last connection: %v\n%.3000s", err, s.said(t))
	}
	if n := s.vitals(t).files; n > 200 {
		t.Fatalf("%d files are open, so the test shows nothing", n)
	}
	s.healthy(t)
	s.stop(t)
	if said := s.said(t); strings.Contains(said, "Permanent error") || strings.Contains(said, "panic") {
		t.Errorf("it logged %.3000s", said)
	}
}

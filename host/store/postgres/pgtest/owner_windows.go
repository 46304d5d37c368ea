package pgtest

import (
	"fmt"
	"os"
	"os/exec"
)

// owner would be another user; there is none here.
type owner struct{}

// findOwner keeps tests from going on: servers are told to stop, paused and
// killed by signals, which Windows has not.
func findOwner() (*owner, error) {
	return nil, fmt.Errorf("signals, to stop and pause PostgreSQL with: %w", errMissing)
}

func (*owner) give(string) error { return nil }

func (*owner) become(*exec.Cmd) {}

func stopProcess(p *os.Process, _ Mode) error { return p.Kill() }

func pauseAll(int) error { return errMissing }

func resumeAll(int) error { return errMissing }

func killAll(int) {}

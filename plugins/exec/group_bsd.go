//go:build unix && !linux

package exec

import (
	"os/exec"
	"syscall"
)

// prepareGroup makes the program the leader of a group of its own.
func prepareGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

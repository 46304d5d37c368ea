//go:build unix && !linux

package plugin

import (
	"os/exec"
	"syscall"
)

// prepareGroup puts the plugin into a process group of its own, so that a
// terminal's Ctrl-C does not reach it and so that all it started can be ended
// with it.
func prepareGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

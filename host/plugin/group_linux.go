package plugin

import (
	"os/exec"
	"syscall"
)

// prepareGroup puts the plugin into a process group of its own, so that a
// terminal's Ctrl-C does not reach it and so that all it started can be ended
// with it. It also asks the kernel to end it when the host dies: the SDK notices
// that too, but a hung plugin would not.
func prepareGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

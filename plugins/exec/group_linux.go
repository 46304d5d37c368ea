package exec

import (
	"os/exec"
	"syscall"
)

// prepareGroup makes the program the leader of a group of its own, and asks the
// kernel to end it with this process.
func prepareGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

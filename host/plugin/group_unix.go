//go:build unix

package plugin

import (
	"os/exec"
	"syscall"
)

// group ends a plugin together with everything it started.
type group struct{ pgid int } // 0: there is none

// newGroup is the group of a process that was started, or none.
func newGroup(cmd *exec.Cmd) (group, error) {
	if cmd.Process == nil {
		return group{}, nil
	}
	return group{pgid: cmd.Process.Pid}, nil
}

// failedGroup is the group of a process that may have ended by itself: what it
// started may be there still.
func failedGroup(cmd *exec.Cmd) group {
	grp, _ := newGroup(cmd)
	return grp
}

// close has nothing to give back.
func (g group) close() {}

// kill ends what is left of the group. A group that is gone is not an error. To
// the kernel group 0 would be the host's own.
func (g group) kill() {
	if g.pgid > 0 {
		_ = syscall.Kill(-g.pgid, syscall.SIGKILL)
	}
}

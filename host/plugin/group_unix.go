//go:build unix

package plugin

import (
	"os/exec"
	"syscall"
)

// group ends a plugin together with everything it started.
type group struct{ pgid int }

func newGroup(cmd *exec.Cmd) (group, error) { return group{pgid: cmd.Process.Pid}, nil }

// kill ends what is left of the group. A group that is gone is not an error.
func (g group) kill() { _ = syscall.Kill(-g.pgid, syscall.SIGKILL) }

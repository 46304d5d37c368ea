//go:build unix

package exec

import (
	"fmt"
	"io"
	"os/exec"
	"sync"
	"syscall"
)

// group is the process group that a program leads.
type group struct {
	mu      sync.Mutex
	id      int            // 0: there is none, or none any more
	watcher *exec.Cmd      // nil: there is none
	alive   io.WriteCloser // the watcher acts when it is closed
}

// watch remembers the group of a program that was started, and starts a watcher in
// it: a shell that waits for the end of a pipe, which comes with the end of this
// process, and then kills its own group. It also keeps the group's number from
// being given to another while it is there. The caller holds g.mu.
func (g *group) watch(pid int) error {
	g.id = pid
	watcher := exec.Command("/bin/sh", "-c", `trap "" HUP INT TERM; read -r _; kill -s KILL 0`)
	watcher.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: pid}
	watcher.Env = []string{}
	watcher.Dir = "/"
	alive, err := watcher.StdinPipe()
	if err != nil {
		return fmt.Errorf("watching the program: %w", err)
	}
	if err := watcher.Start(); err != nil {
		return fmt.Errorf("watching the program: %w", err)
	}
	g.watcher, g.alive = watcher, alive
	return nil
}

// terminate asks. The watcher does not heed it. The caller holds g.mu.
func (g *group) terminate() { g.signal(syscall.SIGTERM) }

// kill ends all of the group. The caller holds g.mu.
func (g *group) kill() { g.signal(syscall.SIGKILL) }

// signal leaves group 0 alone, which is this process's own. That a group is gone
// is no error.
func (g *group) signal(s syscall.Signal) {
	if g.id > 0 {
		_ = syscall.Kill(-g.id, s)
	}
}

// close gives back what is left of a group that was killed. The caller holds g.mu.
func (g *group) close() {
	g.id = 0
	if g.watcher != nil {
		_ = g.alive.Close()
		_ = g.watcher.Wait() // it was killed
		g.watcher = nil
	}
}

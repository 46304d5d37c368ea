//go:build unix

package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// owner is the user that the servers run as; nil is the one who runs the tests.
type owner struct{ uid, gid int }

// findOwner finds another user when the tests are run by root, whom PostgreSQL
// and pgbouncer refuse.
func findOwner() (*owner, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.Atoi(u.Uid)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.Atoi(u.Gid)
		return &owner{uid: uid, gid: gid}, err
	}
	return nil, fmt.Errorf("a user postgres or nobody, to run PostgreSQL as: %w", errMissing)
}

// give makes a file or a directory the owner's.
func (o *owner) give(path string) error {
	if o == nil {
		return nil
	}
	return os.Chown(path, o.uid, o.gid)
}

// become lets a program run as the owner, in a process group of its own: Ctrl-C
// is for the tests, which end what they started.
func (o *owner) become(cmd *exec.Cmd) {
	cmd.SysProcAttr = endsWithTests()
	cmd.SysProcAttr.Setpgid = true
	if o != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)}
	}
}

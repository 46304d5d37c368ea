//go:build unix

package files

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// readOnly does not wait for whoever writes into a named pipe, should it be one.
const readOnly = unix.O_RDONLY | unix.O_NONBLOCK

const notDirectory = unix.ENOTDIR

// rename moves a file or a directory. Names are looked up in directories that are
// open already, so that nobody can put a link in the way meanwhile. Without
// overwrite it is refused when something is there by now.
func rename(from, to place, overwrite bool) error {
	here, err := from.root.Open(from.parent())
	if err != nil {
		return err
	}
	defer here.Close()
	there, err := to.root.Open(to.parent())
	if err != nil {
		return err
	}
	defer there.Close()
	oldDir, oldName, newDir, newName := int(here.Fd()), filepath.Base(from.name), int(there.Fd()), filepath.Base(to.name)
	if overwrite {
		return unix.Renameat(oldDir, oldName, newDir, newName)
	}
	err = renameExclusive(oldDir, oldName, newDir, newName)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		return link(oldDir, oldName, newDir, newName)
	}
	return err
}

// link renames where that cannot be refused for what has the new name: linking is.
// A directory cannot be linked, but takes the place of nothing but an empty one.
func link(oldDir int, oldName string, newDir int, newName string) error {
	var info unix.Stat_t
	if err := unix.Fstatat(oldDir, oldName, &info, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if info.Mode&unix.S_IFMT == unix.S_IFDIR {
		return unix.Renameat(oldDir, oldName, newDir, newName)
	}
	if err := unix.Linkat(oldDir, oldName, newDir, newName, 0); err != nil {
		return err
	}
	err := unix.Unlinkat(oldDir, oldName, 0)
	if err != nil {
		err = errors.Join(err, unix.Unlinkat(newDir, newName, 0)) // not both names
	}
	return err
}

// syncDir makes the names in a directory outlast a crash.
func syncDir(root *os.Root, name string) error {
	dir, err := root.Open(name)
	if err != nil {
		return err
	}
	err = dir.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		err = nil // a file system that has no such thing
	}
	return errors.Join(err, dir.Close())
}

func crossesDevices(err error) bool { return errors.Is(err, unix.EXDEV) }

package files

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

const readOnly = os.O_RDONLY

// notDirectory is what Windows says instead of ENOTDIR.
const notDirectory = windows.ERROR_DIRECTORY

// rename moves a file or a directory. Directories are named by what was really
// opened of them, behind all links.
func rename(from, to place, overwrite bool) error {
	oldPath, err := from.path()
	if err != nil {
		return err
	}
	newPath, err := to.path()
	if err != nil {
		return err
	}
	var flags uint32
	if overwrite {
		flags = windows.MOVEFILE_REPLACE_EXISTING
	}
	return windows.MoveFileEx(oldPath, newPath, flags)
}

// path is the place's path for the operating system.
func (p place) path() (*uint16, error) {
	dir, err := p.root.Open(p.parent())
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	name := make([]uint16, windows.MAX_LONG_PATH)
	n, err := windows.GetFinalPathNameByHandle(windows.Handle(dir.Fd()), &name[0], uint32(len(name)), 0)
	if err != nil {
		return nil, err
	}
	return windows.UTF16PtrFromString(filepath.Join(windows.UTF16ToString(name[:n]), filepath.Base(p.name)))
}

// syncDir does nothing: Windows has no such thing for directories.
func syncDir(*os.Root, string) error { return nil }

func crossesDevices(err error) bool { return errors.Is(err, windows.ERROR_NOT_SAME_DEVICE) }

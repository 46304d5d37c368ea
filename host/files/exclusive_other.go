//go:build unix && !linux && !darwin

package files

import "golang.org/x/sys/unix"

// renameExclusive is not there on this operating system.
func renameExclusive(int, string, int, string) error { return unix.ENOSYS }

package files

import "golang.org/x/sys/unix"

// renameExclusive renames, unless something has the new name.
func renameExclusive(oldDir int, oldName string, newDir int, newName string) error {
	return unix.RenameatxNp(oldDir, oldName, newDir, newName, unix.RENAME_EXCL)
}

//go:build unix

package plugin

import (
	"fmt"
	"io/fs"
)

const executableSuffix = ""

func checkMode(path string, info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case !mode.IsRegular():
		return fmt.Errorf("%s is not a file", path)
	case mode.Perm()&0o111 == 0:
		return fmt.Errorf("%s is not executable: chmod +x it", path)
	case mode.Perm()&0o002 != 0:
		return fmt.Errorf("%s can be written by everybody on this machine: chmod o-w it", path)
	}
	return nil
}

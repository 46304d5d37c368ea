package plugin

import (
	"fmt"
	"io/fs"
)

const executableSuffix = ".exe"

func checkMode(path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", path)
	}
	return nil
}

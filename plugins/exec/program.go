package exec

import (
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"

	"butlerd/sdk"
)

// program is the absolute path of the program that a command names. No retry
// cures its errors: somebody has to install or allow something.
func (c *Config) program(a *Arguments) (string, error) {
	path, err := find(a.Command[0], a.Dir)
	if err != nil {
		return "", sdk.Permanent(sdk.At(err, "command", 0))
	}
	if !c.allows(path) {
		return "", sdk.Permanent(sdk.At(fmt.Errorf("%s is not a program that the plugin's configuration allows; add it to allow", path), "command", 0))
	}
	return path, nil
}

// find makes a path absolute, so that what is compared with what is allowed is
// what is run. os/exec would look for relative paths in dir, but only on Unix.
func find(name, dir string) (string, error) {
	if strings.ContainsRune(name, '/') || strings.ContainsRune(name, filepath.Separator) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", lookError(name, err)
	}
	return filepath.Abs(path)
}

func lookError(name string, err error) error {
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("%s is not found in the PATH of the plugin", name)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s does not exist", name)
	case errors.Is(err, exec.ErrDot):
		return fmt.Errorf("%s is found in the working directory only; give its path", name)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s may not be executed", name)
	}
	return err
}

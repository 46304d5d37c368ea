package plugin

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// checkBinary refuses a program that cannot be the one that was meant: missing,
// not a file, not executable, writable by everybody, or with another checksum
// than the pinned one. It returns the absolute path to start and the checksum.
//
// go-plugin's own SecureConfig is not used: its hash is never reset, so that the
// second start of a process fails.
func checkBinary(path, pinned string) (resolved, sum string, err error) {
	resolved, err = resolve(path)
	if err != nil {
		return "", "", err
	}
	info, err := os.Stat(resolved)
	if err != nil {
		return "", "", err
	}
	if err := checkMode(resolved, info); err != nil {
		return "", "", err
	}
	sum, err = checksum(resolved)
	if err != nil {
		return "", "", err
	}
	if pinned != "" && !strings.EqualFold(pinned, sum) {
		return "", "", fmt.Errorf("%s has the checksum %s, but sha256 = %q is declared: install the declared build, or declare this one", resolved, sum, pinned)
	}
	return resolved, sum, nil
}

// resolve makes path absolute and follows links. On Windows ".exe" may be left
// out.
func resolve(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(abs)
	if os.IsNotExist(err) && executableSuffix != "" {
		real, err = filepath.EvalSymlinks(abs + executableSuffix)
	}
	if os.IsNotExist(err) {
		return "", fmt.Errorf("there is no file %s", abs)
	}
	return real, err
}

func checksum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("reading %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// Clean is a path as it is meant: load scripts send a # as %23, and backslashes on
// every operating system. It has slashes only, and no "." or "..".
func Clean(path string) string {
	path = strings.NewReplacer("%23", "#", `\`, "/").Replace(path)
	return filepath.ToSlash(filepath.Clean(filepath.FromSlash(path)))
}

var share = regexp.MustCompile(`^[\\/]{2}[^\\/]+[\\/]+[^\\/]`)

// ForeignUNC says whether a path, as it was sent, names a share of another machine,
// where the operating system does not know such paths: all but Windows.
func ForeignUNC(path string) bool { return runtime.GOOS != "windows" && share.MatchString(path) }

// place is a path in an approved directory.
type place struct {
	root *os.Root
	name string // below root; "." is root itself
}

func (p place) close() { _ = p.root.Close() } // only reading may fail late, and has not

// parent is the directory that the place is in.
func (p place) parent() string { return filepath.Dir(p.name) }

// within is the path below dir, and whether there is one. Case does not matter on
// Windows. It looks at names alone: os.Root watches over links.
func within(dir, path string) (string, bool) {
	if dir == "" || !filepath.IsAbs(path) {
		return "", false
	}
	name, err := filepath.Rel(dir, path)
	return name, err == nil && filepath.IsLocal(name)
}

// below is within without the directory itself.
func below(dir, path string) (string, bool) {
	name, ok := within(dir, path)
	return name, ok && name != "."
}

// existing opens an approved directory that must be there.
func existing(dir, name string) (place, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return place{}, ErrNotFound
	}
	if err != nil {
		return place{}, fmt.Errorf("opening an approved directory: %w", err)
	}
	return place{root, name}, nil
}

// made opens an approved directory, which is made when it is not there: who
// approved it wants it.
func made(dir, name string) (place, error) {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return place{}, fmt.Errorf("making an approved directory: %w", err)
	}
	return existing(dir, name)
}

// dirMode is of directories that are made, less what the process withholds.
const dirMode = 0o755

// places opens both ends of a transfer that one of the pairs approves.
func places(pairs []Pair, t Transfer) (from, to place, err error) {
	for _, p := range pairs {
		fromName, ok := below(p.From, t.From)
		toName, also := below(p.To, t.To)
		if !ok || !also {
			continue
		}
		if from, err = existing(p.From, fromName); err != nil {
			return from, to, err
		}
		if to, err = made(p.To, toName); err != nil {
			from.close()
		}
		return from, to, err
	}
	return from, to, ErrNotApproved
}

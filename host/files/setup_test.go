package files

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// tree is a directory with approved ones in it: from, to, del, made, qvd; and
// secret, which is not.
type tree struct {
	t   *testing.T
	dir string
	Approved
}

var longAgo = time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)

func setup(t *testing.T) *tree {
	t.Helper()
	dir := t.TempDir()
	pair := []Pair{{From: filepath.Join(dir, "from"), To: filepath.Join(dir, "to")}}
	x := &tree{t, dir, Approved{
		Copy: pair, Move: pair,
		Delete: []string{filepath.Join(dir, "del")},
		Create: []string{filepath.Join(dir, "made")},
		QVD:    filepath.Join(dir, "qvd"),
	}}
	for path, text := range map[string]string{
		"from/a.txt": "A", "from/sub/b.txt": "B", "from/sub/deep/c.txt": "C", "to/old.txt": "OLD", "to/dir/kept.txt": "KEPT",
		"secret/s.txt": "SECRET", "del/d.txt": "D", "del/sub/e.txt": "E", "del-evil/x.txt": "X",
	} {
		x.write(path, text)
	}
	return x
}

func (x *tree) at(path string) string { return filepath.ToSlash(filepath.Join(x.dir, path)) }

func (x *tree) write(path, text string) {
	x.t.Helper()
	name := filepath.Join(x.dir, path)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		x.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		x.t.Fatal(err)
	}
	if err := os.Chtimes(name, longAgo, longAgo); err != nil {
		x.t.Fatal(err)
	}
}

// link makes a symbolic link at path.
func (x *tree) link(target, path string) {
	x.t.Helper()
	if err := os.Symlink(target, filepath.Join(x.dir, path)); err != nil {
		x.t.Skipf("no symbolic links here: %v", err)
	}
}

// files are all files below the directory with their texts; links are not followed.
func (x *tree) files() map[string]string {
	x.t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(x.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(x.dir, path)
		if err != nil {
			return err
		}
		if e.Type()&os.ModeSymlink != 0 {
			found[filepath.ToSlash(name)] = "(a link)"
			return nil
		}
		text, err := os.ReadFile(path)
		found[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		x.t.Fatal(err)
	}
	return found
}

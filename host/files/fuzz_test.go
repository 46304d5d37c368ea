package files

import (
	"path/filepath"
	"strings"
	"testing"
)

// FuzzBelow looks for paths that are taken for ones in a directory and are not.
func FuzzBelow(f *testing.F) {
	for _, path := range []string{"/a/b/c", "/a/b", "/a/b/../c", `\\a\b\..\..\x`, "/a/b%2e%2e/c", "/a/bc", "//a/b/c", "/a/b/.../c", "", "c", "/a/b/c\x00"} {
		f.Add(path)
	}
	dir, err := filepath.Abs("/a/b")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		name, ok := below(dir, Clean(path))
		if !ok {
			return
		}
		if joined := filepath.Join(dir, name); !strings.HasPrefix(joined, dir+string(filepath.Separator)) || !filepath.IsLocal(name) {
			t.Errorf("%q is %q, which is %q", path, name, joined)
		}
	})
}

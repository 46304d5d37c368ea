//go:build unix

package files

import (
	"os"
	"testing"
)

func TestCopiedDirectoriesKeepTheirModes(t *testing.T) {
	t.Parallel()
	modes := map[string]os.FileMode{"": 0o700, "deep": 0o750}
	x := setup(t)
	for name, mode := range modes {
		if err := os.Chmod(x.at("from/sub/"+name), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.CopyFile(t.Context(), Transfer{From: x.at("from/sub"), To: x.at("to/copy")}); err != nil {
		t.Fatal(err)
	}
	for name, want := range modes {
		info, err := os.Stat(x.at("to/copy/" + name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q: %v %v, not %v", name, info.Mode(), err, want)
		}
	}
}

//go:build unix

package files

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestNamedPipesAreRefused(t *testing.T) {
	t.Parallel()
	x := setup(t)
	x.write("from/dir/a.txt", "A")
	for _, name := range []string{"from/pipe", "from/dir/pipe"} {
		if err := unix.Mkfifo(filepath.Join(x.dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const neither = "neither a file nor a directory"
	for _, name := range []string{"pipe", "dir"} {
		if err := x.CopyFile(t.Context(), Transfer{From: x.at("from/" + name), To: x.at("to/new")}); err == nil || err.Error() != "it is "+neither {
			t.Errorf("copying %s: %v", name, err)
		}
	}
	if err := x.MoveFile(t.Context(), Transfer{From: x.at("from/pipe"), To: x.at("to/pipe")}); err == nil || err.Error() != "it is "+neither {
		t.Errorf("moving: %v", err)
	}
}

//go:build unix

package files

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRenamesReplaceNothing(t *testing.T) {
	t.Parallel()
	x := setup(t)
	if err := os.Mkdir(x.at("to/empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	for old, taken := range map[string]string{"from/a.txt": "to/old.txt", "from/sub": "to/empty"} {
		from, to, err := places(x.Move, Transfer{From: x.at(old), To: x.at(taken)})
		if err != nil {
			t.Fatal(err)
		}
		defer from.close()
		defer to.close()
		if err := rename(from, to, false); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", old, err)
		}
	}
	at := unix.AT_FDCWD
	if err := link(at, x.at("from/a.txt"), at, x.at("to/old.txt")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("linked: %v", err)
	}
	if err := link(at, x.at("from/a.txt"), at, x.at("to/new.txt")); err != nil || x.files()["to/new.txt"] != "A" || x.files()["from/a.txt"] != "" {
		t.Errorf("linked: %v", err)
	}
}

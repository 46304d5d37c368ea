package files

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMove(t *testing.T) {
	t.Parallel()
	tests := map[string]transferTest{
		"brings a file":                          {from: "from/a.txt", to: "to/a.txt", adds: map[string]string{"to/a.txt": "A"}, removes: []string{"from/a.txt"}},
		"makes directories on the way":           {from: "from/a.txt", to: "to/x/y.txt", adds: map[string]string{"to/x/y.txt": "A"}, removes: []string{"from/a.txt"}},
		"leaves what is there":                   {from: "from/a.txt", to: "to/old.txt", err: ErrExists},
		"overwrites when asked to":               {from: "from/a.txt", to: "to/old.txt", overwrite: true, adds: map[string]string{"to/old.txt": "A"}, removes: []string{"from/a.txt"}},
		"brings a directory":                     {from: "from/sub/deep", to: "to/deep", adds: map[string]string{"to/deep/c.txt": "C"}, removes: []string{"from/sub/deep/c.txt"}},
		"puts no directory in another's place":   {from: "from/sub", to: "to/dir", overwrite: true, says: "a directory neither takes the place"},
		"puts no file in a directory's place":    {from: "from/a.txt", to: "to/dir", overwrite: true, says: "a directory neither takes the place"},
		"finds no file":                          {from: "from/nosuch", to: "to/a.txt", err: ErrNotFound},
		"is refused from elsewhere":              {from: "secret/s.txt", to: "to/s.txt", err: ErrNotApproved},
		"is refused to elsewhere":                {from: "from/a.txt", to: "secret/a.txt", err: ErrNotApproved},
		"is refused for the directory itself":    {from: "from", to: "to/all", err: ErrNotApproved},
		"of a link is refused":                   {from: "from/inside.txt", to: "to/in.txt", err: ErrNotApproved},
		"of a link that leads out is refused":    {from: "from/out.txt", to: "to/in.txt", err: ErrNotApproved},
		"through a link that leads out likewise": {from: "from/outdir/s.txt", to: "to/s.txt", err: ErrNotApproved},
		"to a link that leads out likewise":      {from: "from/a.txt", to: "to/outdir/a.txt", err: ErrNotApproved},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := setup(t)
			x.linkAll()
			tt.run(t, x, x.MoveFile)
		})
	}
}

func TestMoveToAnotherFileSystem(t *testing.T) {
	t.Parallel()
	const other = "/dev/shm"
	x := setup(t)
	elsewhere, err := os.MkdirTemp(other, "butlerd-test-")
	if err != nil {
		t.Skipf("no other file system here: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(elsewhere) })
	x.Move = []Pair{{From: x.at("from"), To: elsewhere}}
	for _, name := range []string{"a.txt", "sub"} {
		if err := x.MoveFile(t.Context(), Transfer{From: x.at("from/" + name), To: filepath.Join(elsewhere, "new", name)}); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(x.at("from/" + name)); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
	info, err := os.Stat(filepath.Join(elsewhere, "new/sub/deep/c.txt"))
	if err != nil || !info.ModTime().Equal(longAgo) {
		t.Errorf("%v %v", info, err)
	}
	x.write("from/a.txt", "again")
	if err := x.MoveFile(t.Context(), Transfer{From: x.at("from/a.txt"), To: filepath.Join(elsewhere, "new/a.txt")}); err != ErrExists {
		t.Errorf("moved onto what is there: %v", err)
	}
}

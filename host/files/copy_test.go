package files

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// transferTest is a transfer with what has changed after it.
type transferTest struct {
	from, to  string
	overwrite bool
	adds      map[string]string // files that are there then
	removes   []string
	err       error  // one of the sentinels
	says      string // of a mistake
}

func (tt transferTest) run(t *testing.T, x *tree, do func(context.Context, Transfer) error) {
	t.Helper()
	want := x.files()
	maps.Copy(want, tt.adds)
	for _, name := range tt.removes {
		delete(want, name)
	}
	err := do(context.Background(), Transfer{From: x.at(tt.from), To: x.at(tt.to), Overwrite: tt.overwrite})
	var m *MistakeError
	switch {
	case tt.says != "":
		if !errors.As(err, &m) || !strings.Contains(m.Text, tt.says) {
			t.Errorf("%v, not a mistake that says %q", err, tt.says)
		}
	case !errors.Is(err, tt.err) || err == nil != (tt.err == nil):
		t.Errorf("%v, not %v", err, tt.err)
	}
	if diff := cmp.Diff(want, x.files()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	tests := map[string]transferTest{
		"brings a file":                             {from: "from/a.txt", to: "to/a.txt", adds: map[string]string{"to/a.txt": "A"}},
		"makes directories on the way":              {from: "from/a.txt", to: "to/x/y/a.txt", adds: map[string]string{"to/x/y/a.txt": "A"}},
		"leaves what is there":                      {from: "from/a.txt", to: "to/old.txt", err: ErrExists},
		"overwrites when asked to":                  {from: "from/a.txt", to: "to/old.txt", overwrite: true, adds: map[string]string{"to/old.txt": "A"}},
		"overwrites no directory by a file":         {from: "from/a.txt", to: "to/dir", overwrite: true, says: "a directory is in its place"},
		"brings a directory":                        {from: "from/sub", to: "to/copy", adds: map[string]string{"to/copy/b.txt": "B", "to/copy/deep/c.txt": "C"}},
		"leaves a directory that is there":          {from: "from/sub", to: "to/dir", err: ErrExists},
		"adds to a directory when asked to":         {from: "from/sub", to: "to/dir", overwrite: true, adds: map[string]string{"to/dir/b.txt": "B", "to/dir/deep/c.txt": "C"}},
		"overwrites no file by a directory":         {from: "from/sub", to: "to/old.txt", overwrite: true, says: "no directory is in its place"},
		"finds no file":                             {from: "from/nosuch", to: "to/a.txt", err: ErrNotFound},
		"finds nothing below a file":                {from: "from/a.txt/x", to: "to/a.txt", says: "not a directory"},
		"takes nothing for a directory below files": {from: "from/a.txt", to: "to/old.txt/x", says: "not a directory"},
		"is refused for the directory itself":       {from: "from", to: "to/all", err: ErrNotApproved},
		"is refused from elsewhere":                 {from: "secret/s.txt", to: "to/s.txt", err: ErrNotApproved},
		"is refused to elsewhere":                   {from: "from/a.txt", to: "secret/a.txt", err: ErrNotApproved},
		"is refused the other way":                  {from: "to/old.txt", to: "from/old.txt", err: ErrNotApproved},
		"is refused to a place like it by name":     {from: "from/a.txt", to: "to-evil/a.txt", err: ErrNotApproved},
		"says that a name is too long":              {from: "from/a.txt", to: "to/" + strings.Repeat("x", 300), says: "too long"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := setup(t)
			tt.run(t, x, x.CopyFile)
		})
	}
}

func TestCopyOfLinks(t *testing.T) {
	t.Parallel()
	tests := map[string]transferTest{
		"out of the directory is refused":              {from: "from/out.txt", to: "to/leak.txt", err: ErrNotApproved},
		"to a directory outside is refused":            {from: "from/outdir/s.txt", to: "to/leak.txt", err: ErrNotApproved},
		"by a relative path is refused":                {from: "from/relative.txt", to: "to/leak.txt", err: ErrNotApproved},
		"is refused where it would lead out":           {from: "from/a.txt", to: "to/outdir/a.txt", err: ErrNotApproved},
		"out of it is replaced itself":                 {from: "from/a.txt", to: "to/out.txt", overwrite: true, adds: map[string]string{"to/out.txt": "A"}},
		"is something that is there":                   {from: "from/a.txt", to: "to/out.txt", err: ErrExists},
		"that stays inside copies what it leads to":    {from: "from/inside.txt", to: "to/in.txt", adds: map[string]string{"to/in.txt": "A"}},
		"in a directory copies likewise":               {from: "from/links", to: "to/links", adds: map[string]string{"to/links/a.txt": "A"}},
		"that leads out of a directory leaves no part": {from: "from/evil", to: "to/evil", err: ErrNotApproved},
		"to itself is refused":                         {from: "from/loop", to: "to/loop", says: "leads in a circle"},
		"in a circle is refused":                       {from: "from/circle", to: "to/circle", says: "link to a directory"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := setup(t)
			x.linkAll()
			tt.run(t, x, x.CopyFile)
		})
	}
}

// linkAll makes links of all kinds.
func (x *tree) linkAll() {
	for _, dir := range []string{"from/links", "from/evil", "from/circle"} {
		x.write(dir+"/.keep", "")
		if err := os.Remove(filepath.Join(x.dir, dir, ".keep")); err != nil {
			x.t.Fatal(err)
		}
	}
	x.link(x.at("secret/s.txt"), "from/out.txt")
	x.link(x.at("secret"), "from/outdir")
	x.link("../secret/s.txt", "from/relative.txt")
	x.link("sub/../a.txt", "from/inside.txt")
	x.link("../a.txt", "from/links/a.txt")
	x.link("../../secret/s.txt", "from/evil/s.txt")
	x.link(".", "from/circle/again")
	x.link("loop", "from/loop")
	x.link(x.at("secret"), "to/outdir")
	x.link(x.at("secret/s.txt"), "to/out.txt")
	x.link(x.at("secret"), "del/outdir")
}

func TestCopyKeepsTimes(t *testing.T) {
	t.Parallel()
	x := setup(t)
	for _, kept := range []bool{true, false} {
		to := x.at("to/" + strconv.FormatBool(kept))
		if err := x.CopyFile(context.Background(), Transfer{From: x.at("from/sub"), To: to, PreserveTimestamp: kept}); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(to, "b.txt"))
		if err != nil {
			t.Fatal(err)
		}
		if info.ModTime().Equal(longAgo) != kept {
			t.Errorf("with %v the time is %v", kept, info.ModTime())
		}
	}
}

func TestCopyIsBounded(t *testing.T) {
	t.Parallel()
	x := setup(t)
	x.write("from/deep"+strings.Repeat("/d", maxDepth+1)+"/f.txt", "")
	transferTest{from: "from/deep", to: "to/deep", says: "more than 64 levels deep"}.run(t, x, x.CopyFile)
	from, to, err := places(x.Copy, Transfer{From: x.at("from/sub"), To: x.at("to/sub")})
	if err != nil {
		t.Fatal(err)
	}
	defer from.close()
	defer to.close()
	c := &copier{ctx: t.Context(), from: from.root, to: to.root, entries: maxEntries - 2} // it has three
	if err := c.newTree(from, to); err == nil || err.Error() != "the directory has more than 10000 entries" {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(x.at("to/sub")); !os.IsNotExist(err) {
		t.Errorf("something was copied: %v", err)
	}
}

func TestCopyEndsWithItsContext(t *testing.T) {
	t.Parallel()
	x := setup(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	want := x.files()
	if err := x.CopyFile(ctx, Transfer{From: x.at("from/sub"), To: x.at("to/sub")}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if diff := cmp.Diff(want, x.files()); diff != "" {
		t.Errorf("it has left something:\n%s", diff)
	}
}

func TestCopyOntoFilesInTheWay(t *testing.T) {
	t.Parallel()
	x := setup(t)
	x.write("to/dir/deep", "a file")
	transferTest{from: "from/sub/deep", to: "to/dir/deep", overwrite: true, says: "no directory is in its place"}.run(t, x, x.CopyFile)
	x.write("from/sub/deep/c.txt", "")
	if err := os.Remove(x.at("from/sub/deep/c.txt")); err != nil { // with nothing in it, no file says what is wrong
		t.Fatal(err)
	}
	if err := os.Remove(x.at("from/sub/b.txt")); err != nil {
		t.Fatal(err)
	}
	transferTest{from: "from/sub", to: "to/dir", overwrite: true, says: "no directory is in the place of one"}.run(t, x, x.CopyFile)
}

func TestCopyIntoItself(t *testing.T) {
	t.Parallel()
	x := setup(t)
	x.Copy = []Pair{{From: x.at("from"), To: x.at("from")}}
	transferTest{from: "from/sub", to: "from/sub/deep/again", says: "into itself"}.run(t, x, x.CopyFile)
	transferTest{from: "from/a.txt", to: "from/a.txt", overwrite: true}.run(t, x, x.CopyFile)
}

func TestApprovedDirectoriesThatAreNotThere(t *testing.T) {
	t.Parallel()
	x := setup(t)
	x.Copy = []Pair{{From: x.at("nosuch"), To: x.at("new")}, {From: x.at("from"), To: x.at("new")}}
	transferTest{from: "nosuch/a.txt", to: "new/a.txt", err: ErrNotFound}.run(t, x, x.CopyFile)
	transferTest{from: "from/a.txt", to: "new/a.txt", adds: map[string]string{"new/a.txt": "A"}}.run(t, x, x.CopyFile)
	if err := x.DeleteFile(x.at("del/../gone/x")); !errors.Is(err, ErrNotApproved) {
		t.Errorf("%v", err)
	}
}

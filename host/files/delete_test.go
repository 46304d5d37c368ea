package files

import (
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDelete(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		path    string
		removes string
		err     error
	}{
		"removes a file":                                    {"del/d.txt", "del/d.txt", nil},
		"removes a directory with what is in it":            {"del/sub", "del/sub/e.txt", nil},
		"removes a link and not what it leads to":           {"del/outdir", "del/outdir", nil},
		"finds nothing":                                     {"del/nosuch", "", ErrNotFound},
		"is refused for the directory itself":               {"del", "", ErrNotApproved},
		"is refused elsewhere":                              {"secret/s.txt", "", ErrNotApproved},
		"is refused in a directory with a name like that":   {"del-evil/x.txt", "", ErrNotApproved},
		"is refused through a link that leads out":          {"del/outdir/s.txt", "", ErrNotApproved},
		"is refused for an approved one in an approved one": {"del/sub", "", ErrNotApproved},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := setup(t)
			x.linkAll()
			if tt.path == "del/sub" && tt.err != nil {
				x.Approved.Delete = append(x.Approved.Delete, x.at("del/sub"))
			}
			want := x.files()
			delete(want, tt.removes)
			if err := x.DeleteFile(x.at(tt.path)); !errors.Is(err, tt.err) || err == nil != (tt.err == nil) {
				t.Errorf("%v, not %v", err, tt.err)
			}
			if diff := cmp.Diff(want, x.files()); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMakeDir(t *testing.T) {
	t.Parallel()
	x := setup(t)
	x.write("made/file", "")
	for _, tt := range []struct {
		make func(string) error
		path string
		made string // empty when it is refused
		err  error
	}{
		{x.MakeDir, x.at("made/a/b"), "made/a/b", nil},
		{x.MakeDir, x.at("made/a/b"), "made/a/b", nil},
		{x.MakeDir, x.at("made"), "made", nil},
		{x.MakeDir, x.at("secret/x"), "", ErrNotApproved},
		{x.MakeDir, "relative/x", "", ErrNotApproved},
		{x.MakeDir, "", "", ErrNotApproved},
		{x.MakeDir, x.at("made/file"), "", nil},
		{x.MakeDir, x.at("made/file/x"), "", nil},
		{x.MakeQVDDir, "x/y", "qvd/x/y", nil},
		{x.MakeQVDDir, "/abs/z", "qvd/abs/z", nil},
		{x.MakeQVDDir, "", "qvd", nil},
		{x.MakeQVDDir, "../qvd/back", "qvd/back", nil},
		{x.MakeQVDDir, "../evil", "", ErrNotApproved},
		{Approved{}.MakeQVDDir, "x", "", ErrNotApproved},
	} {
		err := tt.make(tt.path)
		if tt.made == "" {
			var m *MistakeError
			if tt.err != nil && !errors.Is(err, tt.err) || tt.err == nil && !errors.As(err, &m) {
				t.Errorf("%q: %v, not %v", tt.path, err, tt.err)
			}
			continue
		}
		if info, statErr := os.Stat(x.at(tt.made)); err != nil || statErr != nil || !info.IsDir() {
			t.Errorf("%q: %v %v", tt.path, err, statErr)
		}
	}
}

func TestMakeDirFollowsNoLinkOut(t *testing.T) {
	t.Parallel()
	x := setup(t)
	x.write("made/keep", "")
	x.link(x.at("secret"), "made/out")
	if err := x.MakeDir(x.at("made/out/x")); !errors.Is(err, ErrNotApproved) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(x.at("secret/x")); !os.IsNotExist(err) {
		t.Errorf("%v", err)
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		`/a//b/../c.txt`:  "/a/c.txt",
		`\a\b%23.txt`:     "/a/b#.txt",
		`/a/./b/`:         "/a/b",
		`relative\..\x`:   "x",
		``:                ".",
		`/../../etc/pass`: "/etc/pass",
	} {
		if got := Clean(path); got != want {
			t.Errorf("%q is %q, not %q", path, got, want)
		}
	}
}

func TestForeignUNC(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		`\\server\share\a.txt`: true, `//server/share/a.txt`: true, `//server/share`: true,
		`/server/share`: false, `//server`: false, `C:\a\b`: false, `///a`: false,
	} {
		if got := ForeignUNC(path); got != want {
			t.Errorf("%q is %v", path, got)
		}
	}
}

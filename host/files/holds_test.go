package files

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatHoldsApprovedDirectoriesStays(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(a *Approved, dir string){
		"copy from": func(a *Approved, dir string) { a.Copy = []Pair{{From: dir, To: "/nosuch"}} },
		"copy to":   func(a *Approved, dir string) { a.Copy = []Pair{{From: "/nosuch", To: dir}} },
		"move from": func(a *Approved, dir string) { a.Move = append(a.Move, Pair{From: dir, To: "/nosuch"}) },
		"move to":   func(a *Approved, dir string) { a.Move = append(a.Move, Pair{From: "/nosuch", To: dir}) },
		"delete":    func(a *Approved, dir string) { a.Delete = append(a.Delete, dir) },
		"create":    func(a *Approved, dir string) { a.Create = []string{dir} },
		"qvd":       func(a *Approved, dir string) { a.QVD = dir },
		"by a link": func(a *Approved, dir string) { a.QVD = filepath.Clean(dir + "/../../../link") },
	}
	for name, approve := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := setup(t)
			x.write("del/x/keep/f.txt", "F")
			x.write("from/x/keep/f.txt", "F")
			for _, top := range []string{"del", "from"} {
				if name == "by a link" {
					x.link(x.at(top+"/x/keep"), "link")
				}
				before, approved := x.files(), x.Approved
				approve(&x.Approved, x.at(top+"/x/keep"))
				var err error
				if top == "del" {
					err = x.DeleteFile(x.at("del/x"))
				} else {
					err = x.MoveFile(t.Context(), Transfer{From: x.at("from/x"), To: x.at("to/x")})
				}
				if !errors.Is(err, ErrNotApproved) {
					t.Errorf("%s/x: %v", top, err)
				}
				if diff := cmp.Diff(before, x.files()); diff != "" {
					t.Errorf("something is gone: %s", diff)
				}
				x.Approved = approved
				_ = os.Remove(x.at("link"))
			}
			if err := x.DeleteFile(x.at("del/x")); err != nil {
				t.Errorf("with nothing approved in it: %v", err)
			}
		})
	}
}

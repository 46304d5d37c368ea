package files

import (
	"io/fs"
	"os"
	"path/filepath"
)

// holds says whether an approved directory of any kind is at path or below it: then
// neither may be deleted or moved away. info is of path, where no link is followed.
func (a Approved) holds(path string, info fs.FileInfo) bool {
	for _, dir := range a.directories() {
		if _, ok := within(path, dir); ok {
			return true
		}
		if info.IsDir() && passes(dir, info) {
			return true
		}
	}
	return false
}

func (a Approved) directories() []string {
	var list []string
	for _, kind := range [][]Pair{a.Copy, a.Move} {
		for _, p := range kind {
			list = append(list, p.From, p.To)
		}
	}
	list = append(append(list, a.Delete...), a.Create...)
	if a.QVD != "" {
		list = append(list, a.QVD)
	}
	return list
}

// passes says whether a directory is another one or lies in it, whatever names and
// links lead there.
func passes(dir string, other fs.FileInfo) bool {
	if real, err := filepath.EvalSymlinks(dir); err == nil { // one that is not there yet has only its name
		dir = real
	}
	for {
		if info, err := os.Stat(dir); err == nil && os.SameFile(info, other) {
			return true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return false
		}
		dir = parent
	}
}

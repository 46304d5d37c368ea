package files

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// MakeDir makes a directory, with those above it that are not there. One that is
// there already is no error.
func (a Approved) MakeDir(path string) error {
	for _, dir := range a.Create {
		if name, ok := within(dir, path); ok {
			return makeDir(dir, name)
		}
	}
	return ErrNotApproved
}

// MakeQVDDir makes a directory below that for QVD files, likewise. Its path is
// below that, also when it begins with a slash.
func (a Approved) MakeQVDDir(path string) error {
	if a.QVD == "" {
		return ErrNotApproved
	}
	name, ok := within(a.QVD, filepath.Join(a.QVD, path))
	if !ok {
		return ErrNotApproved
	}
	return makeDir(a.QVD, name)
}

func makeDir(dir, name string) error {
	p, err := made(dir, name)
	if err != nil {
		return err
	}
	defer p.close()
	return p.makeDir(name)
}

// makeDir makes a directory in the approved one that p is in.
func (p place) makeDir(name string) error {
	err := p.root.MkdirAll(name, dirMode)
	if errors.Is(err, fs.ErrExist) {
		return mistake("a part of the path is not a directory")
	}
	return explained(err)
}

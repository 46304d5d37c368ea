package files

import "path/filepath"

// DeleteFile deletes a file, or a directory with all that is in it. A link is
// deleted itself. No approved directory of any kind can be deleted, nor what holds
// one.
func (a Approved) DeleteFile(path string) error {
	for _, dir := range a.Delete {
		if name, ok := below(dir, path); ok {
			return a.remove(dir, name)
		}
	}
	return ErrNotApproved
}

func (a Approved) remove(dir, name string) error {
	p, err := existing(dir, name)
	if err != nil {
		return err
	}
	defer p.close()
	info, err := p.root.Lstat(name)
	switch {
	case err != nil: // RemoveAll is content with nothing
		return explained(err)
	case a.holds(filepath.Join(dir, name), info):
		return ErrNotApproved
	}
	return explained(p.root.RemoveAll(name))
}

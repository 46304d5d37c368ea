package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// original is something that was copied, as it was before.
type original struct {
	name string
	info fs.FileInfo // of a link: the link's own
}

// changed says whether something is no longer what was copied.
func (o original) changed(now fs.FileInfo) bool {
	return !os.SameFile(o.info, now) || o.info.Size() != now.Size() || !o.info.ModTime().Equal(now.ModTime())
}

// removeCopied removes what was copied, but nothing that has come or changed since:
// nobody has a copy of that.
func (c *copier) removeCopied() error {
	left := ""
	for _, o := range c.copied {
		kept, err := c.removeOriginal(o)
		if err != nil {
			return fmt.Errorf("removing what was copied to its new place: %w", err)
		}
		if kept && left == "" {
			left = o.name
		}
	}
	if left != "" {
		return mistake(fmt.Sprintf("it was copied to its new place, but what has changed or is new since then was left in the old one: see %q", left))
	}
	return nil
}

func (c *copier) removeOriginal(o original) (kept bool, err error) {
	now, err := c.from.Lstat(o.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil // somebody else has removed it
	case err != nil:
		return false, err
	case o.info.IsDir():
		return c.removeEmpty(o.name)
	case o.changed(now):
		return true, nil
	}
	return false, c.from.Remove(o.name)
}

// removeEmpty removes a directory, unless something is in it.
func (c *copier) removeEmpty(name string) (kept bool, err error) {
	err = c.from.Remove(name)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	dir, openErr := c.from.Open(name)
	if openErr != nil {
		return false, errors.Join(err, openErr)
	}
	defer dir.Close()
	if names, _ := dir.Readdirnames(1); len(names) > 0 {
		return true, nil
	}
	return false, err
}

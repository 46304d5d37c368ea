package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
)

// Bounds of a directory that is copied.
const (
	maxEntries = 10_000
	maxDepth   = 64
)

// newTree copies a directory: to where nothing is, all at once, or with overwrite
// into the one that is there, file by file.
func (c *copier) newTree(from, to place) error {
	switch info, err := c.to.Lstat(to.name); {
	case err == nil && !c.overwrite:
		return ErrExists
	case err == nil && !info.IsDir():
		return mistake("something that is no directory is in its place")
	case err == nil:
		return c.tree(from.name, to.name, 1)
	case !errors.Is(err, fs.ErrNotExist):
		return explained(err)
	}
	return c.appear(to.name, func(temp string) error {
		if err := c.tree(from.name, temp, 1); err != nil {
			return err
		}
		return c.appoint(temp, to.name)
	})
}

func (c *copier) tree(from, to string, depth int) error {
	if depth > maxDepth {
		return mistake(fmt.Sprintf("the directory is more than %d levels deep", maxDepth))
	}
	list, info, err := c.list(from)
	if err != nil {
		return err
	}
	fresh, err := c.directory(to)
	if err != nil {
		return err
	}
	for _, e := range list {
		if err := c.entry(filepath.Join(from, e.Name()), filepath.Join(to, e.Name()), e, depth); err != nil {
			return err
		}
	}
	c.copied = append(c.copied, original{from, info})
	if err := syncDir(c.to, to); err != nil {
		return err
	}
	if err := c.keepTimes(to, info); err != nil || !fresh {
		return err
	}
	return c.to.Chmod(to, info.Mode().Perm()|0o200) // writable, so that a copy that fails can be taken back
}

// directory makes a directory that nobody else looks into until it is filled, and
// says whether it did: with overwrite it may be there, and keeps its mode.
func (c *copier) directory(to string) (fresh bool, err error) {
	err = c.to.Mkdir(to, 0o700)
	if !errors.Is(err, fs.ErrExist) {
		return err == nil, err
	}
	info, err := c.to.Lstat(to)
	if err == nil && !info.IsDir() {
		err = mistake("something that is no directory is in the place of one")
	}
	return false, err
}

func (c *copier) list(from string) ([]fs.DirEntry, fs.FileInfo, error) {
	dir, err := c.from.Open(from)
	if err != nil {
		return nil, nil, explained(err)
	}
	defer dir.Close()
	info, err := dir.Stat()
	if err != nil {
		return nil, nil, err
	}
	list, err := dir.ReadDir(maxEntries + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	if c.entries += len(list); c.entries > maxEntries {
		return nil, nil, mistake(fmt.Sprintf("the directory has more than %d entries", maxEntries))
	}
	return list, info, nil
}

func (c *copier) entry(from, to string, e fs.DirEntry, depth int) error {
	if e.IsDir() {
		return c.tree(from, to, depth+1)
	}
	if e.Type()&fs.ModeSymlink != 0 {
		if info, err := c.from.Stat(from); err == nil && info.IsDir() {
			return mistake("the directory has a link to a directory in it")
		}
	}
	return c.file(from, to)
}

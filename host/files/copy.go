package files

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// CopyFile copies a file, or a directory with all that is in it: up to 10,000
// entries, 64 levels deep. A directory is put in the place of nothing: with
// Overwrite, its files are added to one that is there.
func (a Approved) CopyFile(ctx context.Context, t Transfer) error {
	from, to, err := places(a.Copy, t)
	if err != nil {
		return err
	}
	defer from.close()
	defer to.close()
	c := &copier{ctx: ctx, from: from.root, to: to.root, overwrite: t.Overwrite, preserve: t.PreserveTimestamp}
	return c.all(from, to, t)
}

func (c *copier) all(from, to place, t Transfer) error {
	info, err := from.root.Stat(from.name)
	if err != nil {
		return explained(err)
	}
	if _, inside := within(t.From, t.To); info.IsDir() && inside {
		return mistake("a directory cannot be copied into itself")
	}
	if err := to.makeDir(to.parent()); err != nil {
		return err
	}
	if info.IsDir() {
		return c.newTree(from, to)
	}
	return c.file(from.name, to.name)
}

// copier copies from one approved directory to another.
type copier struct {
	ctx                 context.Context // of the one request that it serves
	from, to            *os.Root
	overwrite, preserve bool
	entries             int // of directories, so far
	// copied is what was, as it was before; what a directory has in it comes before it.
	copied []original
}

// piece is how many bytes are copied before it is looked whether that is wanted
// still.
const piece = 64 << 20

// file copies a file that need not be one: then it is refused.
func (c *copier) file(from, to string) error {
	before, err := c.from.Lstat(from)
	if err != nil {
		return explained(err)
	}
	in, err := c.from.OpenFile(from, readOnly, 0)
	if err != nil {
		return explained(err)
	}
	defer in.Close()
	info, err := in.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return mistake("it is neither a file nor a directory")
	}
	c.copied = append(c.copied, original{from, before})
	return c.appear(to, func(temp string) error {
		if err := c.write(temp, in, info); err != nil {
			return err
		}
		return c.place(temp, to)
	})
}

// appear makes something under another name, and leaves nothing when that fails.
func (c *copier) appear(to string, make func(temp string) error) error {
	temp := filepath.Join(filepath.Dir(to), ".butlerd-"+rand.Text()+".tmp")
	if err := make(temp); err != nil {
		err = explained(err)
		return errors.Join(err, c.to.RemoveAll(temp))
	}
	return nil
}

func (c *copier) write(to string, in *os.File, info fs.FileInfo) error {
	out, err := c.to.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm()|0o200)
	if err != nil {
		return err
	}
	for err == nil {
		if err = c.ctx.Err(); err == nil {
			_, err = io.CopyN(out, in, piece)
		}
	}
	if errors.Is(err, io.EOF) {
		err = out.Sync() // or a crash would leave the name without the bytes
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	return c.keepTimes(to, info)
}

func (c *copier) keepTimes(to string, info fs.FileInfo) error {
	if !c.preserve {
		return nil
	}
	return c.to.Chtimes(to, info.ModTime(), info.ModTime())
}

// place gives a file its name. Without overwrite nothing may have it.
func (c *copier) place(temp, to string) error {
	if c.overwrite {
		if info, err := c.to.Lstat(to); err == nil && info.IsDir() {
			return mistake("a directory is in its place")
		}
		return c.to.Rename(temp, to)
	}
	if _, err := c.to.Lstat(to); err == nil {
		return ErrExists
	}
	return c.appoint(temp, to)
}

// appoint gives what was made its name, unless something has it by now.
func (c *copier) appoint(temp, to string) error {
	err := rename(place{c.to, temp}, place{c.to, to}, false)
	if errors.Is(err, fs.ErrExist) {
		return ErrExists
	}
	return err
}

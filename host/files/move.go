package files

import (
	"context"
	"errors"
	"io/fs"
)

// MoveFile moves a file, or a directory with all that is in it. A directory takes
// the place of nothing, also with Overwrite. From one file system to another what
// is moved is copied, with the bounds of CopyFile, and then removed. No approved
// directory of any kind is moved, nor what holds one.
func (a Approved) MoveFile(ctx context.Context, t Transfer) error {
	from, to, err := places(a.Move, t)
	if err != nil {
		return err
	}
	defer from.close()
	defer to.close()
	info, err := from.root.Lstat(from.name)
	switch {
	case err != nil:
		return explained(err)
	case info.Mode()&fs.ModeSymlink != 0:
		return ErrNotApproved // it would lead from its new place to who knows where
	case !info.IsDir() && !info.Mode().IsRegular():
		return mistake("it is neither a file nor a directory")
	case a.holds(t.From, info):
		return ErrNotApproved
	}
	if _, inside := within(t.From, t.To); info.IsDir() && inside {
		return mistake("a directory cannot be moved into itself")
	}
	if err := to.free(info, t.Overwrite); err != nil {
		return err
	}
	return moveTo(ctx, from, to, t)
}

// free says whether something may be moved to a place.
func (p place) free(moved fs.FileInfo, overwrite bool) error {
	info, err := p.root.Lstat(p.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return explained(err)
	case !overwrite:
		return ErrExists
	case info.IsDir() || moved.IsDir():
		return mistake("a directory neither takes the place of something nor gives it up")
	}
	return nil
}

func moveTo(ctx context.Context, from, to place, t Transfer) error {
	if err := to.makeDir(to.parent()); err != nil {
		return err
	}
	err := rename(from, to, t.Overwrite)
	switch {
	case errors.Is(err, fs.ErrExist):
		return ErrExists // since it was looked at
	case !crossesDevices(err):
		return explained(err)
	}
	c := &copier{ctx: ctx, from: from.root, to: to.root, overwrite: t.Overwrite, preserve: true}
	if err := c.all(from, to, t); err != nil {
		return err
	}
	if err := syncDir(to.root, to.parent()); err != nil { // or a crash might leave neither name
		return err
	}
	return c.removeCopied()
}

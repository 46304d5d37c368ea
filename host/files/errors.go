package files

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Errors that callers tell apart.
var (
	// ErrNotApproved is returned for what lies in no approved directory, or is reached
	// through a link that leads out of one.
	ErrNotApproved = errors.New("not in an approved directory")
	// ErrNotFound is returned when what is to be copied, moved or deleted is not there.
	ErrNotFound = errors.New("does not exist")
	// ErrExists is returned when something is there already, and was not to be
	// overwritten.
	ErrExists = errors.New("exists already")
)

// MistakeError says why something cannot be done as it was asked for.
type MistakeError struct {
	Text string // it holds no path but the caller's own
}

// Error implements error.
func (e *MistakeError) Error() string { return e.Text }

func mistake(text string) error { return &MistakeError{text} }

// explained makes one of the errors above of what was said of a file, where it is
// one.
func explained(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return ErrNotFound
	case errors.Is(err, syscall.ELOOP):
		return mistake("a link in the path leads in a circle, or through too many others")
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, notDirectory):
		return mistake("a part of the path is not a directory")
	case errors.Is(err, syscall.EISDIR):
		return mistake("a directory is in its place")
	case errors.Is(err, syscall.ENAMETOOLONG):
		return mistake("the path, or a name in it, is too long")
	case leadsOut(err):
		return ErrNotApproved
	}
	return err
}

// leadsOut says whether os.Root has refused a path. It exports no error for that,
// but all others that it returns of a path have a number of the operating system.
func leadsOut(err error) bool {
	var ofPath *fs.PathError
	var ofLink *os.LinkError
	var number syscall.Errno
	return (errors.As(err, &ofPath) || errors.As(err, &ofLink)) && !errors.As(err, &number)
}

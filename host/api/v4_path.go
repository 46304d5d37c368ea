package api

import (
	"context"
	"errors"
	"net/http"
	"syscall"

	"butlerd/host/files"
)

// maxFilePath is how many bytes a path may have: no operating system takes more.
const maxFilePath = 32 << 10

// path reads a member that is a path, as it was sent; empty when it is not there.
// verb says what is to be done with it.
func (m members) path(name, verb string) (string, error) {
	value, ok := m[name]
	if !ok {
		return "", nil
	}
	path, err := freeText(value, "body/"+name)
	switch {
	case err != nil:
		return "", err
	case len(path) > maxFilePath:
		return "", validationFault("body/" + name + " must not be longer than 32768 bytes")
	case files.ForeignUNC(path):
		return "", invalid("UNC paths not supported for file " + verb + " operations when running Butler on non-Windows OS. Path: " + path)
	}
	return path, nil
}

// flag reads a boolean that may be missing: then it is false.
func (m members) flag(name string) (bool, error) {
	value, ok := m[name]
	if !ok {
		return false, nil
	}
	return truth(value, "body/"+name)
}

func forbidden(detail string) *fault {
	return &fault{status: http.StatusForbidden, kind: kindForbidden, detail: detail}
}

// fileFault says what went wrong with a file. Of what the operating system says the
// words are passed on, and not the paths: they name directories of the host.
func fileFault(err error, failed string) error {
	var mistake *files.MistakeError
	var number syscall.Errno
	f := &fault{status: http.StatusInternalServerError, kind: kindInternal}
	switch {
	case errors.As(err, &mistake):
		return invalid(failed + ": " + mistake.Text)
	case errors.Is(err, context.DeadlineExceeded):
		f.detail = failed + ": it took more than 15 minutes"
	case errors.Is(err, context.Canceled):
		return &fault{status: http.StatusServiceUnavailable, kind: kindStopping, detail: failed + ": the host is stopping", retryAfter: retryLater}
	case errors.As(err, &number):
		f.detail = failed + ": " + number.Error()
	default:
		return err
	}
	return f
}

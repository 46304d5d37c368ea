package reload

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"butlerd/plugins/qlik-sense-reload/qrs"
	"butlerd/sdk"
)

// kind says what is to become of a run because of an error.
type kind int

const (
	ordinary kind = iota // another attempt may do better
	hopeless             // none will, before somebody changes something
	unknown              // a task may be executing, or may have been
)

// failure is an error whose kind is not ordinary.
type failure struct {
	kind kind
	error
}

// Unwrap gives the error, by whose text a failure goes.
func (f failure) Unwrap() error { return f.error }

func kindOf(err error) kind {
	var f failure
	switch {
	case errors.As(err, &f):
		return f.kind
	case qrs.Denied(err):
		return hopeless
	}
	return ordinary
}

// runError tells of all jobs that failed, and stands for the worst of them.
type runError struct {
	text  string
	worst error
}

func (e *runError) Error() string { return e.text }
func (e *runError) Unwrap() error { return e.worst }

// failure is the error of all jobs together, nil if none has one.
func (b *batch) failure(ctx context.Context) error {
	failed := b.failed()
	if len(failed) == 0 {
		return nil
	}
	worst := slices.MaxFunc(failed, func(x, y *job) int {
		return cmp.Compare(gravity(ctx, x.err), gravity(ctx, y.err))
	})
	return &runError{text: b.summary(0), worst: worst.err}
}

// gravity orders errors by which of several stands for a run. One that a retry
// may cure does rather than one that it may not.
func gravity(ctx context.Context, err error) int {
	switch {
	case kindOf(err) == unknown:
		return 3
	case ctx.Err() != nil && errors.Is(err, context.Cause(ctx)):
		return 2
	case kindOf(err) == ordinary:
		return 1
	}
	return 0
}

// verdict tells the host what to make of an attempt's error. One that cannot be
// known is lost even when the attempt was cancelled.
func verdict(ctx context.Context, err error) error {
	switch {
	case kindOf(err) == unknown:
		return sdk.Lost(err)
	case ctx.Err() != nil:
		return err // it wraps the cause where that is the reason
	case kindOf(err) == hopeless:
		return sdk.Permanent(err)
	}
	return err
}

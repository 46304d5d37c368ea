package sdk

import (
	"errors"
	"fmt"

	"butlerd/sdk/schema"
)

// placed is an error about one argument. Its text stays that of the error: the
// place travels beside it.
type placed struct {
	err  error
	path schema.Path
}

func (p *placed) Error() string { return p.err.Error() }
func (p *placed) Unwrap() error { return p.err }

// At says which argument an error is about, from the outermost block inwards:
// a string is an argument, a block or the key of a map, an int an element of a
// list. The host then shows file and line.
//
//	return sdk.At(errors.New("must be in the future"), "window", 2, "from")
//
// Several errors, each with its place, are joined with errors.Join. Places
// nest: At(At(err, "from"), "window") is window.from. A nil error stays nil.
func At(err error, path ...any) error {
	if err == nil {
		return nil
	}
	steps := make(schema.Path, len(path))
	for i, step := range path {
		switch step.(type) {
		case string, int:
			steps[i] = step
		default:
			steps[i] = fmt.Sprint(step)
		}
	}
	return &placed{err: err, path: steps}
}

// diagnose makes one diagnostic of each error that was joined into err.
func diagnose(err error) []schema.Diagnostic {
	return appendDiagnosed(nil, err, nil)
}

func appendDiagnosed(list []schema.Diagnostic, err error, at schema.Path) []schema.Diagnostic {
	if err == nil {
		return list
	}
	switch e := err.(type) {
	case *placed:
		return appendDiagnosed(list, e.err, at.With(e.path...))
	case permanent, later, lost:
		return appendDiagnosed(list, errors.Unwrap(err), at)
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			list = appendDiagnosed(list, err, at)
		}
		return list
	}
	// A place below a wrapper holds for the wrapper, which says more.
	var inner *placed
	for below := err; errors.As(below, &inner); below = inner.err {
		at = at.With(inner.path...)
	}
	return append(list, schema.Diagnostic{Severity: schema.Error, Summary: err.Error(), Path: at})
}

package qrs

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Error is a request that did not get the answer it wanted from a host.
type Error struct {
	Act    string // what was tried: "starting task"
	Host   string // host:port
	Sent   bool   // false: the host certainly did not get the request
	Status int    // of the answer; 0 when none came
	Err    error
}

// Error tells act, host and reason.
func (e *Error) Error() string { return fmt.Sprintf("%s at %s: %v", e.Act, e.Host, e.Err) }

// Unwrap gives the reason.
func (e *Error) Unwrap() error { return e.Err }

// elsewhere reports whether another host may do better.
func (e *Error) elsewhere() bool { return e.Status == 0 || e.Status >= http.StatusInternalServerError }

// accepted reports whether the host knew the user, whatever it thought of the
// request.
func (e *Error) accepted() bool {
	return e.Status == http.StatusBadRequest || e.Status == http.StatusNotFound || e.Status == http.StatusConflict
}

// failures are what each host that was asked had against a request, in order.
type failures []*Error

// Error tells them on one line.
func (f failures) Error() string {
	texts := make([]string, len(f))
	for i, e := range f {
		texts[i] = e.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap gives them all.
func (f failures) Unwrap() []error {
	list := make([]error, len(f))
	for i, e := range f {
		list[i] = e
	}
	return list
}

// some reports whether a test holds for what any host had against a request.
func some(err error, test func(*Error) bool) bool {
	var list failures
	if errors.As(err, &list) {
		return slices.ContainsFunc(list, test)
	}
	var one *Error
	return errors.As(err, &one) && test(one)
}

// NotFound reports whether a host does not have what it was asked for.
func NotFound(err error) bool {
	return some(err, func(e *Error) bool { return e.Status == http.StatusNotFound })
}

package engine

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"
)

var (
	// ErrNotSent is wrapped by errors of requests that the engine certainly did not
	// get.
	ErrNotSent = errors.New("not sent")

	// errNoAnswer is wrapped by errors of requests that were given up.
	errNoAnswer = errors.New("no answer")
)

// Codes of the engine's errors, which Qlik documents as LOCERR_…
const (
	codeNotFound     = 2
	codeAccessDenied = 5
	codeAppNotFound  = 1003
)

// Error is what went wrong with a request at a host.
type Error struct {
	Act  string // the method, or "connecting"
	Host string // host:port
	Err  error
}

// Error tells act, host and reason.
func (e *Error) Error() string { return fmt.Sprintf("%s at %s: %v", e.Act, e.Host, e.Err) }

// Unwrap gives the reason.
func (e *Error) Unwrap() error { return e.Err }

// Refusal is an answer that says no: the engine is done with the request.
type Refusal struct {
	Code    int
	Message string // the engine's, on one line and cut
}

// Error implements error.
func (r *Refusal) Error() string {
	switch r.Code {
	case codeAccessDenied:
		return fmt.Sprintf("the engine does not let the user do this: %s (code %d)", r.Message, r.Code)
	case codeAppNotFound:
		return fmt.Sprintf("the engine does not have the app, or does not let the user see it: %s (code %d)", r.Message, r.Code)
	}
	return fmt.Sprintf("the engine refuses: %s (code %d)", r.Message, r.Code)
}

// asError gives an answer's error a type of its own. Engines put the telling part
// in either of the texts.
func (r *refusal) asError() *Refusal {
	text := r.Message
	if r.Parameter != "" && !strings.Contains(text, r.Parameter) {
		text += ": " + r.Parameter
	}
	return &Refusal{Code: r.Code, Message: excerpt(strings.TrimPrefix(text, ": "))}
}

// statusError is an answer of HTTP in place of a WebSocket.
type statusError int

func (e statusError) Error() string {
	text := fmt.Sprintf("it answered %d", int(e))
	switch {
	case e == http.StatusUnauthorized, e == http.StatusForbidden:
		return text + ": it does not know the user, or does not accept the client certificate"
	case e >= http.StatusInternalServerError:
		return text + ": it is in trouble itself"
	}
	return text + " in place of a WebSocket; is this the engine's port?"
}

// Denied reports whether the engine does not let the user do what was asked.
func Denied(err error) bool {
	var (
		r      *Refusal
		s      *SessionError
		status statusError
	)
	switch {
	case errors.As(err, &r):
		return r.Code == codeAccessDenied
	case errors.As(err, &s):
		return s.State == "SESSION_ERROR_APP_ACCESS_DENIED"
	case errors.As(err, &status):
		return status == http.StatusUnauthorized || status == http.StatusForbidden
	}
	return false
}

// NotFound reports whether the engine does not have what was asked for.
func NotFound(err error) bool {
	var r *Refusal
	return errors.As(err, &r) && (r.Code == codeAppNotFound || r.Code == codeNotFound)
}

// maxExcerpt is how much of the engine's words an error quotes, in characters.
const maxExcerpt = 300

// excerpt is the beginning of a text on one line.
func excerpt(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, text)
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > maxExcerpt {
		line = append(line[:maxExcerpt], '…')
	}
	return string(line)
}

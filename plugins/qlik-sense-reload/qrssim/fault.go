package qrssim

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
)

// FaultKind is what goes wrong.
type FaultKind string

// Kinds of faults.
const (
	// FaultSlow answers after Delay, as usual.
	FaultSlow FaultKind = "slow"

	// FaultStatus answers with Status and Body, and does nothing else.
	FaultStatus FaultKind = "status"

	// FaultHTML answers 200, or Status, with a page instead of JSON.
	FaultHTML FaultKind = "html"

	// FaultRedirect answers 302 to Body, by default a login page.
	FaultRedirect FaultKind = "redirect"

	// FaultDropBefore closes the connection before the request takes effect.
	FaultDropBefore FaultKind = "drop_before"

	// FaultDropAfter closes the connection after the request took effect.
	FaultDropAfter FaultKind = "drop_after"

	// FaultZeros lets no start take effect: its session id is all zeros.
	FaultZeros FaultKind = "zeros"

	// FaultLateRow keeps the results of a start out of lists for Delay.
	FaultLateRow FaultKind = "late_row"

	// FaultNoLog answers 404 to the download of a script log.
	FaultNoLog FaultKind = "no_log"
)

// Limits of faults.
const (
	maxFaults     = 1000
	maxDelay      = 24 * time.Hour
	maxFaultText  = 64 << 10
	maxFaultTimes = 1 << 30
)

// Fault makes requests go wrong. The first of several that match a request is
// used.
type Fault struct {
	// Method is that of the requests; empty is any.
	Method string

	// Path is a pattern for the path behind a proxy's prefix, in any case, where *
	// is any text: "/qrs/task/*/start*". Empty is any path, and for FaultNoLog any
	// download.
	Path string

	// Times is for how many requests. 0 is one, below 0 all until ClearFaults.
	Times int

	Kind   FaultKind
	Delay  time.Duration // for FaultSlow and FaultLateRow; at most a day
	Status int           // for FaultStatus and FaultHTML; 200 to 599
	Body   string        // at most 64 KiB
}

// is reports whether there is a fault and it is of a kind.
func (f *Fault) is(kind FaultKind) bool { return f != nil && f.Kind == kind }

// check reports all that is wrong with a fault.
func (f *Fault) check() error {
	var problems []error
	add := func(wrong bool, format string, args ...any) {
		if wrong {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	needsDelay := f.Kind == FaultSlow || f.Kind == FaultLateRow
	needsStatus := f.Kind == FaultStatus
	switch f.Kind {
	case FaultSlow, FaultStatus, FaultHTML, FaultRedirect, FaultDropBefore, FaultDropAfter, FaultZeros, FaultLateRow, FaultNoLog:
	default:
		add(true, "the kind %q is not known", f.Kind)
	}
	add(needsDelay && f.Delay == 0, "a %s fault needs a delay", f.Kind)
	add(f.Delay < 0 || f.Delay > maxDelay, "the delay %s is not 0s to %s", f.Delay, maxDelay)
	add(needsStatus && f.Status == 0, "a %s fault needs a status", f.Kind)
	add(f.Status != 0 && (f.Status < 200 || f.Status > 599), "the status %d is not 200 to 599", f.Status)
	add(len(f.Path) > maxFaultText || len(f.Body) > maxFaultText, "path or body is longer than %d bytes", maxFaultText)
	add(f.Times > maxFaultTimes, "times is %d, more than %d", f.Times, maxFaultTimes)
	return errors.Join(problems...)
}

// answer is what a fault answers itself, if it does.
func (f *Fault) answer() (answer, bool) {
	switch {
	case f.is(FaultStatus):
		return refused(f.Status, f.Body), true
	case f.is(FaultNoLog):
		return noItem(), true
	case f.is(FaultHTML):
		page := htmlPage(cmp.Or(f.Status, http.StatusOK), "Qlik Sense")
		page.text = cmp.Or(f.Body, page.text)
		return *page, true
	case f.is(FaultRedirect):
		location := cmp.Or(f.Body, "/internal_windows_authentication/?targetId="+uuid.Nil.String())
		return answer{status: http.StatusFound, location: location, contentType: typeHTML}, true
	}
	return answer{}, false
}

// pattern compiles the path.
func (f *Fault) pattern() *regexp.Regexp {
	path := f.Path
	if path == "" {
		path = "*"
		if f.Kind == FaultNoLog {
			path = "/qrs/download/*"
		}
	}
	return regexp.MustCompile(`(?is)^` + strings.ReplaceAll(regexp.QuoteMeta(path), `\*`, `.*`) + `$`)
}

package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/config"
	"butlerd/host/dispatch"
	"butlerd/host/plugin"
	"butlerd/host/registry"
	"butlerd/host/store"
)

// fault is a refusal that the caller is told of. Errors that are not faults, and
// that faultOf does not know, are answered with an id only.
type fault struct {
	status int
	kind   kind
	// code is Butler's name for the refusal, for callers of /v4; empty: none.
	code   string
	detail string // a sentence for people; it holds no secret
	// retryAfter is in seconds; 0: trying again does not help.
	retryAfter  int
	diagnostics config.Diagnostics
}

// Error implements error.
func (f *fault) Error() string { return f.detail }

// kind tells faults apart for programs. It is the end of a problem's type and
// never changes its meaning.
type kind string

const (
	kindInvalid       kind = "invalid-request"
	kindNotFound      kind = "not-found"
	kindMethod        kind = "method-not-allowed"
	kindTimeout       kind = "request-timeout"
	kindTooLarge      kind = "too-large"
	kindMediaType     kind = "unsupported-media-type"
	kindCrossOrigin   kind = "cross-origin"
	kindFileOwned     kind = "file-owned"
	kindExists        kind = "already-exists"
	kindChanged       kind = "changed-meanwhile"
	kindNotOpen       kind = "run-not-open"
	kindConfiguration kind = "configuration-invalid"
	kindUnavailable   kind = "store-unavailable"
	kindStopping      kind = "host-stopping"
	kindFenced        kind = "host-fenced"
	kindStreams       kind = "too-many-streams"
	kindForbidden     kind = "forbidden"
	kindRate          kind = "too-many-requests"
	kindPlugin        kind = "plugin-failed"
	kindPluginLate    kind = "plugin-late"
	kindPluginDown    kind = "plugin-down"
	kindBusy          kind = "busy"
	kindInternal      kind = "internal-error"
)

// retryLater is how long a caller is asked to wait for a store that may come
// back, or for a host that is being restarted.
const retryLater = 5

func invalid(detail string) *fault {
	return &fault{status: http.StatusBadRequest, kind: kindInvalid, detail: detail}
}

func notFound(detail string) *fault {
	return &fault{status: http.StatusNotFound, kind: kindNotFound, detail: detail}
}

// faultOf says what the caller is told of an error; nil for an error that is
// none of the caller's business.
func faultOf(err error) *fault {
	var f *fault
	var fromFiber *fiber.Error
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &fromFiber):
		return faultOfFiber(fromFiber)
	}
	return faultOfHost(err)
}

func faultOfHost(err error) *fault {
	var owned *registry.FileOwnedError
	var conflict *registry.ConflictError
	var full *store.FullError
	switch {
	case errors.As(err, &owned):
		return &fault{status: http.StatusConflict, kind: kindFileOwned, detail: owned.Error()}
	case errors.As(err, &conflict):
		return &fault{status: http.StatusConflict, kind: kindExists, detail: conflict.Error()}
	case errors.Is(err, store.ErrExists):
		return &fault{status: http.StatusConflict, kind: kindExists, detail: err.Error()}
	case errors.Is(err, store.ErrStale): // several hosts, again and again
		return &fault{status: http.StatusConflict, kind: kindChanged, detail: err.Error(), retryAfter: retryLater}
	case errors.Is(err, store.ErrNotFound):
		return notFound(err.Error())
	case errors.Is(err, store.ErrTooLarge):
		return &fault{status: http.StatusRequestEntityTooLarge, kind: kindTooLarge, detail: err.Error()}
	case errors.As(err, &full):
		return invalid(full.Error())
	case errors.Is(err, dispatch.ErrNotOpen):
		return &fault{status: http.StatusConflict, kind: kindNotOpen, detail: err.Error()}
	}
	return faultForNow(err)
}

// faultForNow is of what may be otherwise in a while. What an engine says is not
// passed on: it may name files, addresses and users.
func faultForNow(err error) *fault {
	later := func(k kind, detail string) *fault {
		return &fault{status: http.StatusServiceUnavailable, kind: k, detail: detail, retryAfter: retryLater}
	}
	switch {
	case errors.Is(err, dispatch.ErrStopping), errors.Is(err, dispatch.ErrDraining):
		return later(kindStopping, err.Error())
	case errors.Is(err, dispatch.ErrBusy):
		return later(kindBusy, err.Error())
	case errors.Is(err, plugin.ErrUnavailable):
		return later(kindPluginDown, pluginDown)
	case errors.Is(err, store.ErrFenced):
		return later(kindFenced, "this host holds no lease at the moment, and writes nothing without one: try again later, or ask another host")
	case errors.Is(err, store.ErrUnavailable):
		return later(kindUnavailable, unavailable+": the database does not answer, or cannot be written")
	case errors.Is(err, context.DeadlineExceeded):
		return later(kindUnavailable, unavailable+": the database does not answer in time")
	case errors.Is(err, context.Canceled):
		return later(kindUnavailable, unavailable+": the host is stopping")
	}
	return nil
}

const pluginDown = "the plugin is not up at the moment; /readyz says why"

const unavailable = "the store is unavailable at the moment"

// faultOfFiber is of what fiber and fasthttp refuse by themselves.
func faultOfFiber(err *fiber.Error) *fault {
	switch err.Code {
	case http.StatusNotFound:
		return notFound("there is nothing at this path")
	case http.StatusMethodNotAllowed:
		return &fault{status: err.Code, kind: kindMethod, detail: "the path does not take this method"}
	case http.StatusRequestTimeout:
		return &fault{status: err.Code, kind: kindTimeout, detail: "the request took too long to arrive"}
	case http.StatusRequestEntityTooLarge:
		return &fault{status: err.Code, kind: kindTooLarge, code: "FST_ERR_CTP_BODY_TOO_LARGE", detail: "Request body is too large"}
	case http.StatusRequestHeaderFieldsTooLarge:
		return &fault{status: err.Code, kind: kindTooLarge, detail: "the request's header is too large"}
	}
	return invalid("the request is not valid HTTP")
}

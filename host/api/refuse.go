package api

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/config"
)

// handleError answers an error. What the caller is not to see goes to the log,
// under the request's id.
func (s *Server) handleError(c *fiber.Ctx, err error) error {
	id := idOf(c)
	f := faultOf(err)
	if f == nil {
		s.opts.Log.Error("request failed", "request", id, "method", c.Method(), "path", c.Path(), "err", err)
		f = &fault{status: http.StatusInternalServerError, kind: kindInternal, detail: "the log says more under request " + id}
	}
	if c, ok := c.Context().Conn().(*conn); ok && tooLargeToRead(err) {
		c.linger()
	}
	if f.retryAfter > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(f.retryAfter))
	}
	if strings.HasPrefix(c.Path(), "/api/") || isProbe(c.Path()) {
		return replyProblem(c, f, id)
	}
	return replyButlerError(c, f)
}

// tooLargeToRead says that fasthttp has refused a request before it was read.
func tooLargeToRead(err error) bool {
	return errors.Is(err, fiber.ErrRequestEntityTooLarge) || errors.Is(err, fiber.ErrRequestHeaderFieldsTooLarge)
}

// isProbe tells paths of our own outside /api.
func isProbe(path string) bool {
	return path == "/livez" || path == "/readyz" || path == "/metrics"
}

// problem is a problem document, RFC 9457. All members are always there.
type problem struct {
	Type        string             `json:"type"`
	Title       string             `json:"title"`
	Status      int                `json:"status"`
	Detail      string             `json:"detail"`
	Instance    string             `json:"instance"` // names this one occurrence: the request's id
	Diagnostics config.Diagnostics `json:"diagnostics"`
}

// problemBase begins the type of each problem.
const problemBase = "urn:butlerd:problem:"

func replyProblem(c *fiber.Ctx, f *fault, id string) error {
	p := problem{
		Type:        problemBase + string(f.kind),
		Title:       strings.ReplaceAll(string(f.kind), "-", " "),
		Status:      f.status,
		Detail:      f.detail,
		Instance:    "urn:uuid:" + id,
		Diagnostics: f.diagnostics,
	}
	if p.Diagnostics == nil {
		p.Diagnostics = config.Diagnostics{}
	}
	if err := reply(c, f.status, p); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/problem+json")
	return nil
}

// butlerError is Butler's error object.
type butlerError struct {
	StatusCode int    `json:"statusCode"`
	Code       string `json:"code,omitempty"`
	Error      string `json:"error"`
	Message    string `json:"message"`
}

// replyButlerError answers as Butler does, which knows no 405.
func replyButlerError(c *fiber.Ctx, f *fault) error {
	e := butlerError{StatusCode: f.status, Code: f.code, Message: f.detail}
	switch f.kind {
	case kindMethod:
		e.StatusCode = http.StatusNotFound
		c.Response().Header.Del(fiber.HeaderAllow)
		fallthrough
	case kindNotFound:
		e.Message = "Route " + c.Method() + ":" + c.OriginalURL() + " not found"
	}
	e.Error = http.StatusText(e.StatusCode)
	if e.StatusCode == http.StatusRequestEntityTooLarge {
		e.Error = "Payload Too Large" // the name it has in Butler
	}
	return reply(c, e.StatusCode, e)
}

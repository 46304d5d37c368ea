package api

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
)

// requestID is the key of a request's id.
type requestID struct{}

// observe gives the request an id, answers the error of its handler, if any, and
// logs one line, for debugging.
func (s *Server) observe(c *fiber.Ctx) error {
	began := time.Now()
	id := idOf(c)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderCacheControl, "no-store")
	if err := c.Next(); err != nil {
		if err := s.handleError(c, err); err != nil {
			return err
		}
	}
	s.opts.Log.LogAttrs(s.working, slog.LevelDebug, "request",
		slog.String("request", id),
		slog.String("method", c.Method()),
		slog.String("path", c.Path()),
		slog.Int("status", c.Response().StatusCode()),
		slog.Duration("took", time.Since(began)),
	)
	return nil
}

// idOf is the id of a request, which is given at the first call: fasthttp refuses
// some requests before any handler.
func idOf(c *fiber.Ctx) string {
	if id, ok := c.Locals(requestID{}).(string); ok {
		return id
	}
	id := uuid.NewString()
	c.Locals(requestID{}, id)
	c.Set(fiber.HeaderXRequestID, id)
	return id
}

var errPanic = errors.New("the handler panicked")

// recoverPanic makes an error of a panic, which would end the process.
func (s *Server) recoverPanic(c *fiber.Ctx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v\n%s", errPanic, r, debug.Stack())
		}
	}()
	return c.Next()
}

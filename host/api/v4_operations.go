package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/config"
)

// settings are those in force for the request that is being answered.
func (s *Server) settings() config.API {
	if s.opts.Settings == nil {
		return config.API{}
	}
	return s.opts.Settings()
}

// on stands before the handlers of an operation, one of config.Operations. While the
// settings have it disabled, its routes are as unknown as any other.
func (v v4) on(operation string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if v.settings().Disabled[operation] {
			return fiber.ErrNotFound
		}
		return c.Next()
	}
}

// enabled answers with the operations that are on.
func (v v4) enabled(c *fiber.Ctx) error {
	disabled := v.settings().Disabled
	list := []string{}
	for _, name := range config.Operations() {
		if !disabled[name] {
			list = append(list, name)
		}
	}
	return reply(c, http.StatusOK, list)
}

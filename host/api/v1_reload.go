package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/config"
	"butlerd/host/registry"
)

// reloadTimeout bounds a reload, which may have to start plugins.
const reloadTimeout = 2 * time.Minute

// reloaded is what a reload did to the schedules of files.
type reloaded struct {
	registry.Diff
	Diagnostics config.Diagnostics `json:"diagnostics"` // warnings only
}

// reload loads the configuration again. What is wrong with it is told whole, with
// file and line, and everything stays as it was.
func (v v1) reload(c *fiber.Ctx) error {
	if err := noMembers(c); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(v.working, reloadTimeout)
	defer cancel()
	diff, diagnostics, err := v.opts.Reload(ctx)
	if err != nil && diagnostics.HasErrors() {
		return &fault{
			status:      http.StatusUnprocessableEntity,
			kind:        kindConfiguration,
			detail:      "the configuration is not usable, and everything stays as it was: see diagnostics",
			diagnostics: diagnostics,
		}
	}
	if err != nil {
		return err
	}
	if diagnostics == nil {
		diagnostics = config.Diagnostics{}
	}
	return reply(c, http.StatusOK, reloaded{Diff: diff, Diagnostics: diagnostics})
}

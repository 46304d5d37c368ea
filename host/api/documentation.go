package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/swaggest/swgui/v5emb"
)

// documentation serves the description where Butler has it, with a page to read it
// and to try it out. All that the page needs is in the program.
func (s *Server) documentation() {
	page := servePage(v5emb.New("butlerd", "/documentation/json", "/documentation/"))
	s.app.Get("/documentation", page)
	s.app.Get("/documentation/json", serveOpenAPI(openAPIJSON, fiber.MIMEApplicationJSON))
	s.app.Get("/documentation/yaml", serveOpenAPI(openAPIYAML, "application/yaml"))
	s.app.Get("/documentation/:asset", page)
}

// pagePolicy lets the page load nothing from elsewhere and be framed by nobody. It
// has a script and styles in itself.
const pagePolicy = "default-src 'none'; connect-src 'self'; script-src 'self' 'unsafe-inline'; " +
	"style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func servePage(h http.Handler) fiber.Handler {
	serve := adaptor.HTTPHandler(h)
	return func(c *fiber.Ctx) error {
		if err := serve(c); err != nil {
			return err
		}
		if c.Response().StatusCode() == http.StatusNotFound {
			return fiber.ErrNotFound
		}
		c.Set(fiber.HeaderContentSecurityPolicy, pagePolicy)
		c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
		c.Set(fiber.HeaderCacheControl, "no-cache") // may be kept, and is asked for again by its ETag
		return nil
	}
}

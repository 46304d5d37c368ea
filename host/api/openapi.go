package api

import (
	_ "embed" // for the description of the API

	"github.com/gofiber/fiber/v2"
)

// openAPIYAML is written by hand; a test holds it to the routes and to every
// answer of the other tests.
//
//go:embed openapi.yaml
var openAPIYAML []byte

// openAPIJSON is the same as JSON, written by that test with -update.
//
//go:embed openapi.json
var openAPIJSON []byte

func serveOpenAPI(document []byte, mediaType string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, mediaType+"; charset=utf-8")
		return c.Send(document)
	}
}

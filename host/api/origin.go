package api

import (
	"net/url"

	"github.com/gofiber/fiber/v2"
)

// refuseCrossOrigin keeps web pages of other origins from changing anything: a
// browser on this machine reaches a loopback address, whoever wrote the page, and
// nobody is asked for a password. Other clients send neither header.
func refuseCrossOrigin(c *fiber.Ctx) error {
	if m := c.Method(); m == fiber.MethodGet || m == fiber.MethodHead {
		return c.Next()
	}
	switch c.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return c.Next()
	case "":
		origin := c.Get(fiber.HeaderOrigin)
		if u, err := url.Parse(origin); origin == "" || err == nil && u.Host == c.Get(fiber.HeaderHost) {
			return c.Next()
		}
	}
	return &fault{status: fiber.StatusForbidden, kind: kindCrossOrigin, detail: "web pages of another origin may not change anything"}
}

package api

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
)

// maxName is how many characters an id, a name, a tag or a key may have.
const maxName = 200

// badName says what is wrong with an id or a name, or nothing.
func badName(name string) string {
	switch {
	case !utf8.ValidString(name):
		return "must be UTF-8"
	case utf8.RuneCountInString(name) > maxName:
		return "must not be longer than 200 characters"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "must not contain control characters"
	}
	return ""
}

// pathID is the id in the path, decoded. Ids are free text: one with a slash is
// sent as %2F. It is false for what can be no id.
func pathID(c *fiber.Ctx) (string, bool) {
	id, err := url.PathUnescape(c.Params("id"))
	return id, err == nil && badName(id) == ""
}

package api

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
)

// queryText is a parameter that must be there once. A plus in it is a blank. Bytes
// that are no UTF-8 are replaced, as in bodies.
func queryText(c *fiber.Ctx, name string) (string, error) {
	switch values := c.Context().QueryArgs().PeekMulti(name); len(values) {
	case 0:
		return "", validationFault("querystring must have required property '" + name + "'")
	case 1:
		return strings.ToValidUTF8(string(values[0]), "\uFFFD"), nil
	}
	return "", validationFault("querystring/" + name + " must be string")
}

// maxPathText is how many characters a text in a path may have. With more, Butler
// knows no such route.
const maxPathText = 100

// pathText is a parameter in the path, decoded: free text, be it empty. A plus in
// it is a plus.
func pathText(c *fiber.Ctx, name string) (string, error) {
	text, err := url.PathUnescape(c.Params(name))
	if err != nil || utf8.RuneCountInString(text) > maxPathText {
		return "", fiber.ErrNotFound
	}
	return text, checkNUL(name, text)
}

// checkNUL refuses what no store and no file system takes. at names it.
func checkNUL(at, text string) error {
	if strings.ContainsRune(text, 0) {
		return validationFault(at + " must not contain NUL characters")
	}
	return nil
}

// refuseBadPath refuses paths that begin with two slashes, in which fasthttp sees the
// name of a host, and those of /v4 that cannot be decoded, in Butler's words.
func refuseBadPath(c *fiber.Ctx) error {
	if strings.HasPrefix(c.OriginalURL(), "//") {
		return fiber.ErrNotFound
	}
	path := c.Path()
	if !strings.HasPrefix(path, "/v4/") {
		return c.Next()
	}
	if decoded, err := url.PathUnescape(path); err != nil || !utf8.ValidString(decoded) {
		return bodyFault("FST_ERR_BAD_URL", "'"+strings.ToValidUTF8(path, "\uFFFD")+"' is not a valid url component")
	}
	return c.Next()
}

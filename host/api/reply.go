package api

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/gofiber/fiber/v2"
)

// encode writes v as JSON in one line. Characters that only HTML minds stay as
// they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding the answer: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// reply answers with v as JSON.
func reply(c *fiber.Ctx, status int, v any) error {
	data, err := encode(v)
	if err != nil {
		return err
	}
	return send(c, status, data)
}

// send answers with JSON as it is.
func send(c *fiber.Ctx, status int, data []byte) error {
	c.Status(status)
	c.Set(fiber.HeaderContentType, "application/json; charset=utf-8")
	return c.Send(data)
}

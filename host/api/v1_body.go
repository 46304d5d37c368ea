package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/gofiber/fiber/v2"
)

// strictJSON decodes one JSON value and refuses members that v does not have.
func strictJSON(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more than one value")
	}
	return nil
}

// body decodes the body of a request, a JSON object, into v.
func body(c *fiber.Ctx, v any) error {
	if declared := mediaType(c); declared != "" && declared != fiber.MIMEApplicationJSON {
		return &fault{status: http.StatusUnsupportedMediaType, kind: kindMediaType, detail: "the body must be application/json"}
	}
	if err := strictJSON(c.BodyRaw(), v); err != nil {
		return invalid("the body must be a JSON object as the API's description has it: " + err.Error())
	}
	return nil
}

// noMembers is the body of requests that have nothing to say: none, or an empty
// object.
func noMembers(c *fiber.Ctx) error {
	body := c.BodyRaw()
	if len(body) == 0 {
		return nil
	}
	if declared := mediaType(c); declared != "" && declared != fiber.MIMEApplicationJSON {
		return &fault{status: http.StatusUnsupportedMediaType, kind: kindMediaType, detail: "the body must be application/json"}
	}
	if err := strictJSON(body, &struct{}{}); err != nil {
		return invalid("the body must be empty or {}: " + err.Error())
	}
	return nil
}

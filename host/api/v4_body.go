package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// Butler's codes for bodies that it refuses, of its web framework.
const (
	codeValidation = "FST_ERR_VALIDATION"
	codeEmptyBody  = "FST_ERR_CTP_EMPTY_JSON_BODY"
	codeBadJSON    = "FST_ERR_CTP_INVALID_JSON_BODY"
	codeMediaType  = "FST_ERR_CTP_INVALID_MEDIA_TYPE"
)

// bodyFault refuses a body with Butler's code and words.
func bodyFault(code, message string) *fault {
	return &fault{status: http.StatusBadRequest, kind: kindInvalid, code: code, detail: message}
}

func validationFault(message string) *fault { return bodyFault(codeValidation, message) }

func badJSON(declared string) *fault {
	if declared == "" {
		return bodyFault(codeBadJSON, "Body is not valid JSON, and no content-type says what it is")
	}
	return bodyFault(codeBadJSON, "Body is not valid JSON but content-type is set to 'application/json'")
}

// v4Body is the body, which is JSON; empty when there is none. A body without a
// declared type is taken as JSON: load scripts may declare none. One declared as
// something else is refused.
func v4Body(c *fiber.Ctx) ([]byte, error) {
	declared := mediaType(c)
	body := c.BodyRaw()
	switch {
	case len(body) == 0 && declared == fiber.MIMEApplicationJSON:
		return nil, bodyFault(codeEmptyBody, "Body cannot be empty when content-type is set to 'application/json'")
	case len(body) == 0:
		return nil, nil
	case declared != "" && declared != fiber.MIMEApplicationJSON:
		return nil, &fault{status: http.StatusUnsupportedMediaType, kind: kindMediaType, code: codeMediaType, detail: "Unsupported Media Type"}
	}
	if body = mend(body); !json.Valid(body) {
		return nil, badJSON(declared)
	}
	return body, nil
}

// mediaType is the declared type of the body, without parameters; empty when none
// is declared.
func mediaType(c *fiber.Ctx) string {
	declared, _, _ := strings.Cut(c.Get(fiber.HeaderContentType), ";")
	return strings.ToLower(strings.TrimSpace(declared))
}

// mend does what Butler does to a body: it takes a byte order mark away, and
// replaces bytes that are no UTF-8.
func mend(body []byte) []byte {
	body = bytes.TrimPrefix(body, []byte("\uFEFF"))
	return bytes.ToValidUTF8(body, []byte("\uFFFD"))
}

// members are those of a JSON object, as they were written.
type members map[string]json.RawMessage

// v4Object reads a body that must be an object. Of a member that is there twice
// the last one counts.
func v4Object(c *fiber.Ctx) (members, error) {
	body, err := v4Body(c)
	if err != nil {
		return nil, err
	}
	var m members
	if len(body) == 0 || json.Unmarshal(body, &m) != nil || m == nil {
		return nil, validationFault("body must be object")
	}
	if _, ok := m["__proto__"]; ok {
		return nil, badJSON(fiber.MIMEApplicationJSON) // would harm callers in JavaScript; Butler's answer
	}
	return m, nil
}

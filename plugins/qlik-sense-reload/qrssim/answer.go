package qrssim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/google/uuid"
)

const (
	typeJSON = "application/json; charset=utf-8"
	typeText = "text/plain; charset=utf-8"
	typeHTML = "text/html; charset=utf-8"
)

// answer is what a request is answered with. Exactly one of value and text is
// sent, and neither with status 204.
type answer struct {
	status      int
	value       any // as JSON
	text        string
	contentType string // of text
	location    string // of a redirect
}

// found is a row or a list.
func found(value any) answer { return answer{status: http.StatusOK, value: value} }

func noContent() answer { return answer{status: http.StatusNoContent} }

// refused is an error as QRS sends it: plain text.
func refused(status int, text string) answer {
	return answer{status: status, text: text, contentType: typeText}
}

// htmlPage is an error as the proxy sends it.
func htmlPage(status int, text string) *answer {
	return &answer{status: status, text: "<!DOCTYPE html><html><body><h1>" + text + "</h1></body></html>", contentType: typeHTML}
}

func noEndpoint() answer { return refused(http.StatusNotFound, "No matching endpoint found") }

func noItem() answer { return refused(http.StatusNotFound, "Item not found") }

func missingValue() answer { return refused(http.StatusBadRequest, "Missing parameter value(s)") }

// wrapped is a value that is no row, which QRS puts into an object.
func wrapped[V uuid.UUID | int](status int, value V) answer {
	return answer{status: status, value: struct {
		Value V `json:"value"`
	}{value}}
}

// write sends the answer.
func (a answer) write(w http.ResponseWriter) {
	if a.location != "" {
		w.Header().Set("Location", a.location)
	}
	if a.status == http.StatusNoContent {
		w.WriteHeader(a.status)
		return
	}
	body, contentType := []byte(a.text), a.contentType
	if a.value != nil {
		body, contentType = encode(a.value), typeJSON
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // a client that has gone needs no answer
}

// encode writes JSON as QRS does, with <, > and & as they are.
func encode(value any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // a wire type that cannot be written
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

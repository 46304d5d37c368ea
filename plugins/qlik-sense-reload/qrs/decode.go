package qrs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"
)

// decode reads an answer. One that is no JSON came from something in between,
// most likely a page for people.
func (c *Client) decode(r request, got reply, into any) error {
	err := json.Unmarshal(got.body, into)
	if err == nil && !bytes.Equal(bytes.TrimSpace(got.body), []byte("null")) {
		return nil
	}
	var syntax *json.SyntaxError
	if err == nil {
		err = errors.New("it answered null, which is no data") // not an empty list either
	} else if errors.As(err, &syntax) {
		err = errors.New("it answered what is not JSON")
		if bytes.HasPrefix(bytes.TrimSpace(got.body), []byte("<")) {
			err = errors.New("it answered with a web page instead of data; check host, port and virtual_proxy")
		}
	} else {
		err = fmt.Errorf("it answered what is not expected: %w", err)
	}
	err = fmt.Errorf("%w: %q", err, excerpt(got.body, c.auth.secret))
	return &Error{Act: r.act, Host: got.host, Sent: true, Status: http.StatusOK, Err: err}
}

// count is a reply that holds a number of rows.
type count struct{ n int }

// UnmarshalJSON fails without a number, and with one that no rows can have: to
// read nothing because of it would be taken for all there is.
func (c *count) UnmarshalJSON(text []byte) error {
	var object struct {
		Value *int `json:"value"`
	}
	if err := json.Unmarshal(text, &object); err != nil {
		return err
	}
	if object.Value == nil || *object.Value < 0 {
		return errors.New("it holds no number of rows")
	}
	c.n = *object.Value
	return nil
}

// value is a reply that holds one id, as an object or, as the specification has
// it, as a plain text.
type value struct{ id uuid.UUID }

// UnmarshalJSON reads both forms. Without an id it fails: zero means something.
func (v *value) UnmarshalJSON(text []byte) error {
	var object struct {
		Value *uuid.UUID `json:"value"`
	}
	if err := json.Unmarshal(text, &v.id); err == nil && !bytes.Equal(text, []byte("null")) {
		return nil
	}
	if err := json.Unmarshal(text, &object); err != nil {
		return err
	}
	if object.Value == nil {
		return errors.New("it holds no value")
	}
	v.id = *object.Value
	return nil
}

package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// EncodeDefinition writes a definition as engines keep it: arguments keep their
// characters, of which json.Marshal would escape some.
func (s Schedule) EncodeDefinition() (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s.Definition); err != nil {
		return "", fmt.Errorf("encoding schedule %q: %w", s.ID, err)
	}
	if b.Len() > MaxDocument {
		return "", fmt.Errorf("schedule %q: %w: its definition has %d bytes as JSON", s.ID, ErrTooLarge, b.Len())
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// Encode checks a change and writes its definition; empty for a deletion.
func (c Change) Encode() (definition string, err error) {
	if err := c.Check(); err != nil || c.Kind == Delete {
		return "", err
	}
	return c.Schedule.EncodeDefinition()
}

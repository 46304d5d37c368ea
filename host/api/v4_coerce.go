package api

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// The coercions of Butler's validation: of scalars to text, of a list of one to
// its element, and of a scalar to a list of one.

// text coerces a member to a string. at names it in the refusal.
func text(value json.RawMessage, at string) (string, error) {
	var v any
	if err := json.Unmarshal(value, &v); err != nil {
		return "", validationFault(at + " must be string") // a number beyond all bounds
	}
	if list, ok := v.([]any); ok && len(list) == 1 {
		v = list[0]
	}
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case bool:
		return fmt.Sprint(v), nil
	case float64:
		return number(v), nil
	}
	return "", validationFault(at + " must be string")
}

// number writes a number as JavaScript does, and encoding/json after it.
func number(v float64) string {
	if v == 0 {
		return "0" // also of -0
	}
	written, err := json.Marshal(v)
	if err != nil {
		return "" // no number from JSON is infinite
	}
	return string(written)
}

// texts coerces a member to a list of strings.
func texts(value json.RawMessage, at string) ([]string, error) {
	value = bytes.TrimSpace(value)
	var list []json.RawMessage
	switch value[0] {
	case '{':
		return nil, validationFault(at + " must be array")
	case '[':
		if err := json.Unmarshal(value, &list); err != nil {
			return nil, validationFault(at + " must be array")
		}
	default:
		list = []json.RawMessage{value}
	}
	out := make([]string, len(list))
	for i, item := range list {
		var err error
		if out[i], err = text(item, fmt.Sprintf("%s/%d", at, i)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// The coercions of Butler's validation: of scalars to each other, of a list of one to
// its element, and of a scalar to a list of one.

// text coerces a member to a string. at names it in the refusal.
func text(value json.RawMessage, at string) (string, error) {
	switch v := scalar(value).(type) {
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

// scalar is a member's value, or that of the only element of a list. A number
// beyond all bounds is no scalar.
func scalar(value json.RawMessage) any {
	var v any
	if err := json.Unmarshal(value, &v); err != nil {
		return []any{}
	}
	if list, ok := v.([]any); ok && len(list) == 1 {
		return list[0]
	}
	return v
}

// numeric coerces a member to a number.
func numeric(value json.RawMessage, at string) (float64, error) {
	switch v := scalar(value).(type) {
	case nil:
		return 0, nil
	case float64:
		return v, nil
	case bool:
		if v {
			return 1, nil
		}
		return 0, nil
	case string:
		v = strings.TrimSpace(v)
		if n, err := strconv.ParseFloat(v, 64); err == nil && strings.Trim(v, "0123456789.+-eE") == "" {
			return n, nil
		}
	}
	return 0, validationFault(at + " must be number")
}

// truth coerces a member to a boolean.
func truth(value json.RawMessage, at string) (bool, error) {
	switch scalar(value) {
	case true, "true", 1.0:
		return true, nil
	case false, "false", 0.0, nil:
		return false, nil
	}
	return false, validationFault(at + " must be boolean")
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

// texts coerces a member to a list of up to most strings.
func texts(value json.RawMessage, at string, most int) ([]string, error) {
	value = bytes.TrimSpace(value)
	list := []json.RawMessage{value}
	switch value[0] {
	case '{':
		return nil, validationFault(at + " must be array")
	case '[':
		var err error
		if list, err = elements(value, at, most); err != nil {
			return nil, err
		}
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

// elements are those of a list in JSON, up to most. One with more is refused as soon
// as that is known: a MiB of empty objects would take fifty times as much memory.
func elements(value json.RawMessage, at string, most int) ([]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(value))
	if begin, err := d.Token(); err != nil || begin != json.Delim('[') {
		return nil, validationFault(at + " must be array")
	}
	list := []json.RawMessage{}
	for d.More() {
		if len(list) == most {
			return nil, validationFault(fmt.Sprintf("%s must NOT have more than %d items", at, most))
		}
		var item json.RawMessage
		if err := d.Decode(&item); err != nil {
			return nil, validationFault(at + " must be array")
		}
		list = append(list, item)
	}
	return list, nil
}

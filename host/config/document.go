package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// maxDocument is how long, in bytes, the document of a block may be. The SDK
// reads no longer ones.
const maxDocument = 1 << 20

// errDocument is returned for a block whose document is too long.
var errDocument = errors.New("the arguments are longer than 1 MiB as JSON")

// document writes a decoded body as one JSON object, with its secrets. Members
// of blocks that are not known are absent.
func document(v cty.Value) ([]byte, error) {
	return encode(v, false)
}

// masked is document with secrets masked.
func masked(v cty.Value) ([]byte, error) {
	return encode(v, true)
}

func encode(v cty.Value, mask bool) ([]byte, error) {
	e := encoder{mask: mask}
	if err := e.value(v); err != nil {
		return nil, err
	}
	if e.out.Len() > maxDocument {
		return nil, errDocument
	}
	return e.out.Bytes(), nil
}

// encoder writes cty values as JSON. The library's own encoder refuses secrets
// and what is not known, and here both are the point.
type encoder struct {
	out    bytes.Buffer
	mask   bool
	secret map[string]bool // members that are masked whatever they are
}

func (e *encoder) value(v cty.Value) error {
	plain, marks := v.Unmark()
	if e.mask && len(marks) > 0 && !plain.IsNull() {
		return e.text(secretMask)
	}
	t := plain.Type()
	switch {
	case plain.IsNull():
		e.out.WriteString("null")
	case !plain.IsKnown():
		return errors.New("a value is not known yet") // callers leave those out
	case t == cty.String:
		return e.text(plain.AsString())
	case t == cty.Bool:
		fmt.Fprint(&e.out, plain.True())
	case t == cty.Number:
		e.out.WriteString(plain.AsBigFloat().Text('f', -1))
	case t.IsListType() || t.IsTupleType() || t.IsSetType():
		return e.list(plain)
	case t.IsMapType() || t.IsObjectType():
		return e.object(plain)
	default:
		return fmt.Errorf("a value of type %s cannot be written as JSON", t.FriendlyName())
	}
	return nil
}

// text writes a string. Its length is checked so that a document that is far
// too long does not take that much memory first.
func (e *encoder) text(s string) error {
	if e.out.Len()+len(s) > maxDocument {
		return errDocument
	}
	enc := json.NewEncoder(&e.out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return err
	}
	e.out.Truncate(e.out.Len() - 1) // the line break
	return nil
}

func (e *encoder) list(v cty.Value) error {
	e.out.WriteByte('[')
	first := true
	for _, elem := range v.Elements() {
		e.comma(&first)
		if err := e.value(elem); err != nil {
			return err
		}
	}
	e.out.WriteByte(']')
	return nil
}

func (e *encoder) object(v cty.Value) error {
	members := v.AsValueMap()
	e.out.WriteByte('{')
	first := true
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !shown(members[name]) {
			continue
		}
		e.comma(&first)
		if err := e.text(name); err != nil {
			return err
		}
		e.out.WriteByte(':')
		member := members[name]
		if e.secret[name] {
			member = secret(member)
		}
		if err := e.value(member); err != nil {
			return err
		}
	}
	e.out.WriteByte('}')
	return nil
}

func (e *encoder) comma(first *bool) {
	if !*first {
		e.out.WriteByte(',')
	}
	*first = false
}

// shown tells whether a member is known well enough to be written. Of a block
// those members are that are known, of an attribute all of its value or
// nothing: half a list would be another list.
func shown(v cty.Value) bool {
	t := v.Type()
	if t.IsObjectType() || t.IsListType() && t.ElementType().IsObjectType() {
		v, _ = v.Unmark()
		return v.IsKnown()
	}
	return v.IsWhollyKnown()
}

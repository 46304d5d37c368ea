// Package argument binds Go structs to schemas: it derives the schema of a
// block from struct tags, and decodes the JSON document that a host sends for
// such a block into a value of the struct, with a place for every fault.
//
// It knows no protobuf and no HCL; and it does not encode, results do that
// with encoding/json.
package argument

import (
	"errors"
	"fmt"
	"reflect"

	"butlerd/sdk/schema"
)

// Struct is a Go struct type bound to a schema. It is immutable and may be
// used concurrently.
type Struct struct {
	fields []field
}

// field is one member of the document and where it goes.
type field struct {
	name     string
	index    []int // as reflect.Value.FieldByIndex wants it
	required bool
	attr     schema.Attribute // when body is nil
	block    schema.Block     // its Body is left to body
	body     *Struct          // nil for attributes
}

// Of binds a struct type. The error joins every mistake of its author: tags
// that contradict each other, types that cannot travel, names that cannot be.
func Of(t reflect.Type) (*Struct, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%s is not a struct", t)
	}
	b := binder{}
	s := b.bind(t, nil)
	if len(b.mistakes) > 0 {
		return nil, errors.Join(b.mistakes...)
	}
	body := s.Schema()
	if err := body.Check(); err != nil {
		return nil, err
	}
	if err := s.tryDefaults(t); err != nil {
		return nil, err
	}
	return s, nil
}

// Schema is the schema that the struct declares, in the order of its fields.
func (s *Struct) Schema() schema.Body {
	var out schema.Body
	for _, f := range s.fields {
		if f.body == nil {
			out.Attributes = append(out.Attributes, f.attr)
			continue
		}
		block := f.block
		block.Body = f.body.Schema()
		out.Blocks = append(out.Blocks, block)
	}
	return out
}

// tryDefaults decodes each default once, so that a bad one is found when the
// plugin starts and not when somebody leaves the argument out.
func (s *Struct) tryDefaults(t reflect.Type) error {
	var errs []error
	for _, f := range s.fields {
		ft := t.FieldByIndex(f.index).Type
		if f.body != nil {
			errs = append(errs, f.body.tryDefaults(structIn(ft)))
			continue
		}
		if f.attr.Default == nil {
			continue
		}
		var d decoder
		d.attribute(f, f.attr.Default, reflect.New(ft).Elem())
		for _, fault := range d.faults {
			errs = append(errs, fmt.Errorf("%s: default %s: it %s", f.name, f.attr.Default, fault.Summary))
		}
	}
	return errors.Join(errs...)
}

// structIn is the struct type of a block's field: T of T, *T and []T.
func structIn(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		return t.Elem()
	}
	return t
}

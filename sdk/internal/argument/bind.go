package argument

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"butlerd/sdk/schema"
)

// binder walks a struct type and collects its author's mistakes.
type binder struct {
	open     []reflect.Type // the structs being walked, outermost first
	mistakes []error
}

func (b *binder) mistake(f reflect.StructField, format string, args ...any) {
	owner := b.open[len(b.open)-1]
	b.mistakes = append(b.mistakes, fmt.Errorf("field %s.%s: %s", owner.Name(), f.Name, fmt.Sprintf(format, args...)))
}

// bind walks the fields of t. The index leads from the struct that is bound to
// t, through embedded structs.
func (b *binder) bind(t reflect.Type, index []int) *Struct {
	b.open = append(b.open, t)
	defer func() { b.open = b.open[:len(b.open)-1] }()
	s := &Struct{}
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("hcl")
		at := append(slices.Clone(index), i)
		switch {
		case tag == "-", !tagged && !f.Anonymous && !f.IsExported():
		case !tagged && f.Anonymous:
			s.fields = append(s.fields, b.embedded(f, at)...)
		case !tagged:
			b.mistake(f, `has no hcl tag; write hcl:"-" if it is no argument`)
		case !f.IsExported():
			b.mistake(f, "has an hcl tag but is not exported")
		default:
			b.tagged(s, f, tag, at)
		}
	}
	return s
}

// embedded flattens a struct. A pointer would need allocating before anybody
// knows whether one of its arguments was given.
func (b *binder) embedded(f reflect.StructField, at []int) []field {
	if f.Type.Kind() != reflect.Struct {
		b.mistake(f, "only structs can be embedded, and not by pointer")
		return nil
	}
	return b.bind(f.Type, at).fields
}

func (b *binder) tagged(s *Struct, f reflect.StructField, tag string, at []int) {
	name, option, _ := strings.Cut(tag, ",")
	bound := field{name: name, index: at}
	var ok bool
	switch option {
	case "", "optional":
		bound.required = option == ""
		ok = b.attribute(&bound, f)
	case "block":
		ok = b.block(&bound, f)
	default:
		b.mistake(f, "unknown option %q in its hcl tag; there are optional and block", option)
	}
	if ok {
		s.fields = append(s.fields, bound)
	}
}

func (b *binder) attribute(into *field, f reflect.StructField) bool {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		into.required = false
		t = t.Elem()
	}
	typ, ok := typeOf(t, schema.MaxDepth)
	if !ok {
		b.mistake(f, "%s cannot be an argument; %s", f.Type, typesWanted)
		return false
	}
	def, hasDefault := f.Tag.Lookup("default")
	into.required = into.required && !hasDefault
	into.attr = schema.Attribute{
		Name:       into.name,
		Type:       typ,
		Required:   into.required,
		Doc:        f.Tag.Get("doc"),
		Sensitive:  b.truth(f, "sensitive"),
		Deprecated: f.Tag.Get("deprecated"),
	}
	if values := f.Tag.Get("enum"); values != "" {
		into.attr.Enum = strings.Split(values, ",")
	}
	if hasDefault {
		into.attr.Default = defaultJSON(typ, def)
	}
	return true
}

const typesWanted = `use string, bool, integers, floats, time.Duration, slices and maps of these, or structs with hcl:"…,block"`

func (b *binder) truth(f reflect.StructField, key string) bool {
	text, ok := f.Tag.Lookup(key)
	if !ok {
		return false
	}
	yes, err := strconv.ParseBool(text)
	if err != nil {
		b.mistake(f, `%s must be "true" or "false"`, key)
	}
	return yes
}

// defaultJSON reads a default as people write it in a tag: bare text for
// strings and durations, JSON for the rest.
func defaultJSON(t schema.Type, text string) json.RawMessage {
	if t != schema.String && t != schema.Duration {
		return json.RawMessage(text)
	}
	quoted, _ := json.Marshal(text) // a string always marshals
	return quoted
}

func (b *binder) block(into *field, f reflect.StructField) bool {
	into.block = schema.Block{Name: into.name, Nesting: schema.Single, Doc: f.Tag.Get("doc")}
	switch f.Type.Kind() {
	case reflect.Struct:
		into.block.Min = 1
		into.required = true
	case reflect.Slice:
		into.block.Nesting = schema.List
	case reflect.Pointer:
	default:
		b.mistake(f, "a block must be a struct, a pointer to one or a slice of them, not %s", f.Type)
		return false
	}
	inner := structIn(f.Type)
	if inner.Kind() != reflect.Struct {
		b.mistake(f, "a block must be made of a struct, not of %s", inner)
		return false
	}
	if slices.Contains(b.open, inner) {
		b.mistake(f, "%s contains itself", inner)
		return false
	}
	into.body = b.bind(inner, nil)
	return true
}

package argument

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"butlerd/sdk/schema"
)

// Limits on one document. What is beyond is refused or, for faults, left out.
const (
	MaxDocument = 1 << 20 // bytes
	maxFaults   = 50
)

// Decode reads a whole document into the struct that into points to, which
// must be of the type that was bound. An absent member and null mean the same:
// the default, or nothing, or a fault when the member is required. With faults
// the struct is partly filled.
//
// No fault quotes a value: it may be a secret.
func (s *Struct) Decode(doc []byte, into any) []schema.Diagnostic {
	var d decoder
	d.document(s, doc, into)
	return d.faults
}

// DecodeKnown reads a document that may be incomplete: an absent member is one
// whose value is not known yet, which is no fault. It is complete when no
// member was absent.
func (s *Struct) DecodeKnown(doc []byte, into any) (faults []schema.Diagnostic, complete bool) {
	d := decoder{partial: true}
	d.document(s, doc, into)
	return d.faults, !d.incomplete
}

type decoder struct {
	partial    bool // absent members are unknown
	incomplete bool
	path       schema.Path
	faults     []schema.Diagnostic
}

func (d *decoder) fault(format string, args ...any) {
	if len(d.faults) >= maxFaults {
		return
	}
	d.faults = append(d.faults, schema.Diagnostic{
		Severity: schema.Error,
		Summary:  fmt.Sprintf(format, args...),
		Path:     d.path.With(),
	})
}

// in runs f one step further inwards.
func (d *decoder) in(step any, f func()) {
	d.path = append(d.path, step)
	f()
	d.path = d.path[:len(d.path)-1]
}

func (d *decoder) document(s *Struct, doc []byte, into any) {
	switch {
	case len(doc) > MaxDocument:
		d.fault("the arguments are longer than %d bytes", MaxDocument)
	case len(bytes.TrimSpace(doc)) == 0:
		d.body(s, []byte("{}"), reflect.ValueOf(into).Elem())
	case !json.Valid(doc):
		d.fault("the arguments are not valid JSON")
	default:
		d.body(s, doc, reflect.ValueOf(into).Elem())
	}
}

// body decodes one level at a time and leaves the rest raw, so that the depth
// of a document is bounded by the depth of the schema.
func (d *decoder) body(s *Struct, raw json.RawMessage, into reflect.Value) {
	var members map[string]json.RawMessage
	if !d.open(raw, &members) {
		return
	}
	for _, f := range s.fields {
		raw, present := members[f.name]
		delete(members, f.name)
		d.in(f.name, func() { d.member(f, raw, present, into.FieldByIndex(f.index)) })
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		d.in(name, func() { d.fault("is not an argument here%s", s.expected()) })
	}
}

// expected lists the names there are, for whoever mistyped one.
func (s *Struct) expected() string {
	if len(s.fields) == 0 {
		return "; there are none"
	}
	names := make([]string, 0, len(s.fields))
	for _, f := range s.fields {
		names = append(names, f.name)
	}
	return "; there are: " + strings.Join(names, ", ")
}

func (d *decoder) member(f field, raw json.RawMessage, present bool, into reflect.Value) {
	switch {
	case !present && d.partial:
		d.incomplete = true
	case !present || kindOf(raw) == "null":
		d.absent(f, into)
	case f.body != nil:
		d.block(f.body, raw, into)
	default:
		d.attribute(f, raw, into)
	}
}

func (d *decoder) absent(f field, into reflect.Value) {
	if f.attr.Default != nil {
		d.attribute(f, f.attr.Default, into)
		return
	}
	if f.required {
		d.fault("is required")
	}
}

func (d *decoder) block(s *Struct, raw json.RawMessage, into reflect.Value) {
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		d.body(s, raw, into.Elem())
	case reflect.Slice:
		d.elements(raw, into, func(raw json.RawMessage, into reflect.Value) { d.body(s, raw, into) })
	default:
		d.body(s, raw, into)
	}
}

func (d *decoder) attribute(f field, raw json.RawMessage, into reflect.Value) {
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	before := len(d.faults)
	d.value(raw, into)
	if len(f.attr.Enum) > 0 && len(d.faults) == before && !slices.Contains(f.attr.Enum, into.String()) {
		d.fault("must be one of %s", strings.Join(f.attr.Enum, ", "))
	}
}

// elements decodes a list, element by element.
func (d *decoder) elements(raw json.RawMessage, into reflect.Value, each func(json.RawMessage, reflect.Value)) {
	var list []json.RawMessage
	if !d.open(raw, &list) {
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(list), len(list)))
	for i, raw := range list {
		d.in(i, func() { each(raw, into.Index(i)) })
	}
}

func (d *decoder) entries(raw json.RawMessage, into reflect.Value) {
	var members map[string]json.RawMessage
	if !d.open(raw, &members) {
		return
	}
	t := into.Type()
	into.Set(reflect.MakeMapWithSize(t, len(members)))
	for _, key := range slices.Sorted(maps.Keys(members)) {
		d.in(key, func() {
			elem := reflect.New(t.Elem()).Elem()
			d.value(members[key], elem)
			into.SetMapIndex(reflect.ValueOf(key).Convert(t.Key()), elem)
		})
	}
}

// open takes one level of an object or a list apart.
func (d *decoder) open(raw json.RawMessage, into any) bool {
	want := "an object"
	if _, list := into.(*[]json.RawMessage); list {
		want = "a list"
	}
	if got := kindOf(raw); got != want {
		d.fault("must be %s, not %s", want, got)
		return false
	}
	if err := json.Unmarshal(raw, into); err != nil {
		d.fault("is not valid JSON")
		return false
	}
	return true
}

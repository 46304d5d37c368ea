package argument

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"

	"butlerd/sdk/schema"
)

// Result derives the schema of what a Go type encodes to with encoding/json:
// names from json tags, doc from doc tags. Members that a schema cannot
// express are left out, as a result may hold anything JSON can.
func Result(t reflect.Type) schema.Body {
	t = indirect(t)
	if t.Kind() != reflect.Struct || opaque(t) {
		return schema.Body{}
	}
	return result(t, schema.MaxDepth)
}

func result(t reflect.Type, depth int) schema.Body {
	var body schema.Body
	if depth == 0 {
		return body
	}
	for _, f := range reflect.VisibleFields(t) {
		name, required, ok := jsonName(f)
		if !ok {
			continue
		}
		body = withMember(body, f, name, required, depth)
	}
	return body
}

func withMember(body schema.Body, f reflect.StructField, name string, required bool, depth int) schema.Body {
	doc := f.Tag.Get("doc")
	if typ, ok := resultType(f.Type); ok {
		body.Attributes = append(body.Attributes, schema.Attribute{Name: name, Type: typ, Required: required, Doc: doc})
		return body
	}
	inner, nesting := indirect(f.Type), schema.Single
	if inner.Kind() == reflect.Slice {
		inner, nesting = indirect(inner.Elem()), schema.List
	}
	if inner.Kind() == reflect.Struct && !opaque(inner) {
		block := schema.Block{Name: name, Nesting: nesting, Body: result(inner, depth-1), Doc: doc}
		body.Blocks = append(body.Blocks, block)
	}
	return body
}

// resultType is the type of what a scalar, list or map encodes to. A duration
// encodes to a number of nanoseconds, a time to text.
func resultType(t reflect.Type) (schema.Type, bool) {
	t = indirect(t)
	if t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		return schema.String, true
	}
	if opaque(t) {
		return "", false
	}
	typ, ok := typeOf(t, schema.MaxDepth)
	if ok && typ == schema.Duration {
		return schema.Integer, true
	}
	return typ, ok && !strings.Contains(string(typ), string(schema.Duration))
}

// opaque says whether the type decides by itself what it encodes to.
func opaque(t reflect.Type) bool {
	marshaler := reflect.TypeFor[json.Marshaler]()
	return t.Implements(marshaler) || reflect.PointerTo(t).Implements(marshaler)
}

// jsonName is the name of a field in the JSON, if it is there at all.
func jsonName(f reflect.StructField) (name string, required, ok bool) {
	tag := f.Tag.Get("json")
	if tag == "-" || !f.IsExported() || f.Anonymous && tag == "" {
		return "", false, false
	}
	name, options, _ := strings.Cut(tag, ",")
	if name == "" {
		name = f.Name
	}
	return name, !strings.Contains(options, "omit"), true
}

func indirect(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

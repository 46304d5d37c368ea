package argument

import (
	"reflect"
	"time"

	"butlerd/sdk/schema"
)

// typeOf is the schema type of an attribute's Go type, with lists and maps at
// most depth deep.
func typeOf(t reflect.Type, depth int) (schema.Type, bool) {
	if t == reflect.TypeFor[time.Duration]() {
		return schema.Duration, true
	}
	switch t.Kind() {
	case reflect.String:
		return schema.String, true
	case reflect.Bool:
		return schema.Bool, true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return schema.Integer, true
	case reflect.Float32, reflect.Float64:
		return schema.Number, true
	case reflect.Slice:
		elem, ok := elemOf(t, depth)
		return schema.ListOf(elem), ok
	case reflect.Map:
		elem, ok := elemOf(t, depth)
		return schema.MapOf(elem), ok && t.Key().Kind() == reflect.String
	}
	return "", false
}

func elemOf(t reflect.Type, depth int) (schema.Type, bool) {
	if depth <= 1 {
		return "", false
	}
	return typeOf(t.Elem(), depth-1)
}

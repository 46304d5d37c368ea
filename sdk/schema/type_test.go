package schema_test

import (
	"strings"
	"testing"

	"butlerd/sdk/schema"
)

func TestTypeValid(t *testing.T) {
	t.Parallel()
	tests := map[schema.Type]bool{
		schema.String:                         true,
		schema.Duration:                       true,
		schema.ListOf(schema.String):          true,
		schema.MapOf(schema.ListOf("number")): true,
		"":                                    false,
		"int":                                 false,
		"list":                                false,
		"list()":                              false,
		"list(string":                         false,
		"set(string)":                         false,
		"list(list(thing))":                   false,
		schema.Type(strings.Repeat("list(", 8) + "string" + strings.Repeat(")", 8)): false,
	}
	for typ, want := range tests {
		if got := typ.Valid(); got != want {
			t.Errorf("%q: got %t", typ, got)
		}
	}
}

func TestTypeElem(t *testing.T) {
	t.Parallel()
	kind, elem, ok := schema.MapOf(schema.ListOf(schema.Bool)).Elem()
	if kind != "map" || elem != "list(bool)" || !ok {
		t.Errorf("got %q, %q, %t", kind, elem, ok)
	}
	if _, _, ok := schema.String.Elem(); ok {
		t.Error("a scalar has no elements")
	}
}

package schema

import "strings"

// Type is the type of an attribute's value: one of the scalars below, or
// list(T) or map(T) of a Type.
type Type string

// The scalar types. A duration is written as text with a unit ("90s", "1h30m")
// and travels as that text.
const (
	String   Type = "string"
	Bool     Type = "bool"
	Integer  Type = "integer"
	Number   Type = "number"
	Duration Type = "duration"
)

// ListOf is the type of a list of t.
func ListOf(t Type) Type { return "list(" + t + ")" }

// MapOf is the type of a map from strings to t.
func MapOf(t Type) Type { return "map(" + t + ")" }

// Scalar says whether t is one of the scalar types.
func (t Type) Scalar() bool {
	switch t {
	case String, Bool, Integer, Number, Duration:
		return true
	}
	return false
}

// Elem gives the element type of a list or a map, and which of the two it is.
// It is false for every other type.
func (t Type) Elem() (kind string, elem Type, ok bool) {
	for _, kind := range []string{"list", "map"} {
		rest, found := strings.CutPrefix(string(t), kind+"(")
		if found && strings.HasSuffix(rest, ")") {
			return kind, Type(strings.TrimSuffix(rest, ")")), true
		}
	}
	return "", "", false
}

// Valid says whether t is a type of this package. Lists and maps nest at most
// MaxDepth deep.
func (t Type) Valid() bool {
	for range MaxDepth {
		if t.Scalar() {
			return true
		}
		_, elem, ok := t.Elem()
		if !ok {
			return false
		}
		t = elem
	}
	return false
}

package schema

import (
	"fmt"
	"slices"
	"strings"
)

// Severity says whether a diagnostic stops what is being checked.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Diagnostic is one thing wrong with a body, placed where that is known.
type Diagnostic struct {
	Severity Severity
	Summary  string
	Detail   string
	Path     Path
}

// Path leads from a body inwards to the value a diagnostic is about. A step is
// a string (an attribute, a block or a map key) or an int (an element of a
// list). An empty path means the whole body.
type Path []any

// With is the path with steps added. It shares no memory with p.
func (p Path) With(steps ...any) Path {
	return append(slices.Clone(p), steps...)
}

// String writes the path as people do: tls.ca, hosts[1].
func (p Path) String() string {
	var b strings.Builder
	for i, step := range p {
		switch s := step.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", s)
		default:
			if i > 0 {
				b.WriteByte('.')
			}
			fmt.Fprint(&b, s)
		}
	}
	return b.String()
}

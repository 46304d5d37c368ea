package filter

import (
	"reflect"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// node is a part of an expression.
type node interface {
	match(row any) bool

	// keys gives the ids that path must have for the node to match, if the node
	// allows no others.
	keys(path string) ([]uuid.UUID, bool)
}

type (
	all        []node // every part must match; none means no condition
	some       []node // one part must match
	comparison struct {
		path  *Path
		op    operator
		value string
		test  func(reflect.Value) bool
	}
)

// Match reports whether row, a struct of one of the types given to [Parse],
// meets the expression. Each comparison over a list holds as soon as one of its
// members does, independently of the other comparisons, as in the real service:
// a name and a value of custom properties may be met by two different ones.
func (f *Filter) Match(row any) bool { return f.root.match(row) }

// Keys gives the ids that the property at path must have in a matching row, and
// true, if the expression allows only a known set of them. It lets a caller look
// rows up instead of trying all of them; the rows still have to be matched.
func (f *Filter) Keys(path string) ([]uuid.UUID, bool) {
	ids, ok := f.root.keys(strings.ToLower(path))
	if !ok {
		return nil, false
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(ids), true
}

func (a all) match(row any) bool {
	return !slices.ContainsFunc(a, func(n node) bool { return !n.match(row) })
}

func (a all) keys(path string) ([]uuid.UUID, bool) {
	for _, n := range a {
		if ids, ok := n.keys(path); ok {
			return ids, true
		}
	}
	return nil, false
}

func (s some) match(row any) bool {
	return slices.ContainsFunc(s, func(n node) bool { return n.match(row) })
}

// keys are the union over the alternatives, all of which have to be pinned.
func (s some) keys(path string) ([]uuid.UUID, bool) {
	var union []uuid.UUID
	for _, n := range s {
		ids, ok := n.keys(path)
		if !ok {
			return nil, false
		}
		union = append(union, ids...)
	}
	return union, true
}

func (c comparison) match(row any) bool { return c.path.any(row, c.test) }

func (c comparison) keys(path string) ([]uuid.UUID, bool) {
	if c.op != equal || c.path.name != path || c.path.leaf != reflect.TypeFor[uuid.UUID]() {
		return nil, false
	}
	id, err := uuid.Parse(c.value)
	return []uuid.UUID{id}, err == nil
}

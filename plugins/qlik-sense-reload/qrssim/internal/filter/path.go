package filter

import (
	"fmt"
	"reflect"
	"strings"
)

// Path is a dotted property, such as operational.lastExecutionResult.status,
// resolved against the types of the rows it is read from.
type Path struct {
	name  string // lower case: properties are written in any case
	leaf  reflect.Type
	steps map[reflect.Type][][]int
}

// Resolve finds a property by the json names of the fields, in any case, through
// pointers and slices. The error, where none of the types has it, wraps
// [ErrSyntax].
func Resolve(text string, rows ...reflect.Type) (*Path, error) {
	p := &Path{name: strings.ToLower(text), steps: map[reflect.Type][][]int{}}
	for _, row := range rows {
		steps, leaf, ok := follow(row, strings.Split(text, "."))
		if !ok {
			continue
		}
		p.steps[row] = steps
		p.leaf = leaf
	}
	if p.leaf == nil {
		return nil, fmt.Errorf("%w: no property %q", ErrSyntax, text)
	}
	return p, nil
}

// follow walks names down from t and gives the field index of each step.
func follow(t reflect.Type, names []string) ([][]int, reflect.Type, bool) {
	steps := make([][]int, 0, len(names))
	for _, name := range names {
		field, ok := fieldNamed(t, name)
		if !ok {
			return nil, nil, false
		}
		steps = append(steps, field.Index)
		t = element(field.Type)
	}
	return steps, t, true
}

func fieldNamed(t reflect.Type, name string) (reflect.StructField, bool) {
	if t.Kind() != reflect.Struct {
		return reflect.StructField{}, false
	}
	for _, field := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if tag != "" && tag != "-" && strings.EqualFold(tag, name) {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

// element strips pointers and slices: a property of a list is the property of
// each of its members.
func element(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t
}

// Value is the first value of the property in row, and nil if it has none.
func (p *Path) Value(row any) any {
	var first any
	p.any(row, func(v reflect.Value) bool {
		first = v.Interface()
		return true
	})
	return first
}

// any reports whether match holds for at least one value of the property.
func (p *Path) any(row any, match func(reflect.Value) bool) bool {
	v := reflect.ValueOf(row)
	steps, ok := p.steps[v.Type()]
	return ok && walk(v, steps, match)
}

func walk(v reflect.Value, steps [][]int, match func(reflect.Value) bool) bool {
	switch v.Kind() {
	case reflect.Pointer:
		return !v.IsNil() && walk(v.Elem(), steps, match)
	case reflect.Slice:
		for i := range v.Len() {
			if walk(v.Index(i), steps, match) {
				return true
			}
		}
		return false
	}
	if len(steps) == 0 {
		return match(v)
	}
	return walk(v.FieldByIndex(steps[0]), steps[1:], match)
}

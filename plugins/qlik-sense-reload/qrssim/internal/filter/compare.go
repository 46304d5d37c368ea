package filter

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Enum is a number that filters may also write by name.
type Enum interface {
	// EnumValue gives the number of a name, in any case.
	EnumValue(name string) (int, bool)
}

// Instant is a date; filters write it as a quoted ISO 8601 text.
type Instant interface {
	Instant() time.Time
}

type operator string

const (
	equal        operator = "eq"
	notEqual     operator = "ne"
	greater      operator = "gt"
	greaterEqual operator = "ge"
	less         operator = "lt"
	lessEqual    operator = "le"
	startsWith   operator = "sw"
	endsWith     operator = "ew"
	substringOf  operator = "so"
)

// guidLength is that of the one form QRS writes; uuid.Parse reads others too.
const guidLength = 36

var (
	errOperator = errors.New("the operator does not fit the property")
	errValue    = errors.New("the value does not fit the property")
)

// compile makes the test of one comparison for a property of type leaf.
func compile(leaf reflect.Type, op operator, value token) (func(reflect.Value) bool, error) {
	if value.kind != word && value.kind != quoted {
		return nil, errValue
	}
	switch {
	case leaf == reflect.TypeFor[uuid.UUID]():
		return compileGUID(op, value)
	case leaf.Implements(reflect.TypeFor[Instant]()):
		return compileDate(op, value)
	case leaf.Implements(reflect.TypeFor[Enum]()):
		return compileEnum(leaf, op, value)
	case leaf.Kind() == reflect.String:
		return compileText(op, value)
	case leaf.Kind() == reflect.Bool:
		return compileBool(op, value)
	case leaf.Kind() == reflect.Int || leaf.Kind() == reflect.Int64:
		return compileNumber(op, value)
	}
	return nil, fmt.Errorf("%w: it has no single value", errOperator)
}

// compileText compares in lower case: the real service ignores case.
func compileText(op operator, value token) (func(reflect.Value) bool, error) {
	if value.kind != quoted {
		return nil, errValue
	}
	tests := map[operator]func(s, want string) bool{
		equal:       func(s, want string) bool { return s == want },
		notEqual:    func(s, want string) bool { return s != want },
		startsWith:  strings.HasPrefix,
		endsWith:    strings.HasSuffix,
		substringOf: strings.Contains,
	}
	test, ok := tests[op]
	if !ok {
		return nil, errOperator
	}
	want := strings.ToLower(value.text)
	return func(v reflect.Value) bool { return test(strings.ToLower(v.String()), want) }, nil
}

func compileGUID(op operator, value token) (func(reflect.Value) bool, error) {
	want, err := uuid.Parse(value.text)
	if err != nil || len(value.text) != guidLength || value.kind != word {
		return nil, errValue
	}
	return sameness(op, func(v reflect.Value) bool { return v.Interface() == want })
}

func compileBool(op operator, value token) (func(reflect.Value) bool, error) {
	text := strings.ToLower(value.text)
	if value.kind != word || text != "true" && text != "false" {
		return nil, errValue
	}
	return sameness(op, func(v reflect.Value) bool { return v.Bool() == (text == "true") })
}

func compileNumber(op operator, value token) (func(reflect.Value) bool, error) {
	want, err := strconv.ParseInt(value.text, 10, 64)
	if err != nil || value.kind != word {
		return nil, errValue
	}
	return order(op, func(v reflect.Value) int { return cmp.Compare(v.Int(), want) })
}

func compileEnum(leaf reflect.Type, op operator, value token) (func(reflect.Value) bool, error) {
	if value.kind != word {
		return nil, errValue
	}
	names, _ := reflect.Zero(leaf).Interface().(Enum)
	if n, ok := names.EnumValue(value.text); ok {
		value.text = strconv.Itoa(n)
	}
	return compileNumber(op, value)
}

func compileDate(op operator, value token) (func(reflect.Value) bool, error) {
	want, err := time.Parse(time.RFC3339Nano, value.text)
	if err != nil || value.kind != quoted {
		return nil, errValue
	}
	return order(op, func(v reflect.Value) int { return instant(v).Compare(want) })
}

func instant(v reflect.Value) time.Time {
	at, _ := v.Interface().(Instant)
	return at.Instant()
}

// sameness is for values that have no order.
func sameness(op operator, same func(reflect.Value) bool) (func(reflect.Value) bool, error) {
	switch op {
	case equal:
		return same, nil
	case notEqual:
		return func(v reflect.Value) bool { return !same(v) }, nil
	}
	return nil, errOperator
}

// order tests the sign of a comparison with the wanted value.
func order(op operator, compare func(reflect.Value) int) (func(reflect.Value) bool, error) {
	signs := map[operator][]int{
		equal: {0}, notEqual: {-1, 1}, greater: {1}, greaterEqual: {0, 1}, less: {-1}, lessEqual: {-1, 0},
	}
	allowed, ok := signs[op]
	if !ok {
		return nil, errOperator
	}
	return func(v reflect.Value) bool { return slices.Contains(allowed, compare(v)) }, nil
}

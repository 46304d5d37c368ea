package filter

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Order is an orderby expression: properties, most significant first.
type Order struct {
	by []column
}

type column struct {
	path       *Path
	descending bool
}

// ParseOrder reads "property [asc|desc][, …]" over rows of the given types. A
// blank expression keeps the order there is. Errors wrap [ErrSyntax].
func ParseOrder(text string, rows ...reflect.Type) (*Order, error) {
	if len(text) > maxLength {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrSyntax, maxLength)
	}
	o := &Order{}
	if strings.TrimSpace(text) == "" {
		return o, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		by, err := parseColumn(strings.Fields(part), rows)
		if err != nil {
			return nil, err
		}
		o.by = append(o.by, by)
	}
	return o, nil
}

func parseColumn(words []string, rows []reflect.Type) (column, error) {
	if len(words) == 0 || len(words) > 2 {
		return column{}, fmt.Errorf("%w: expected a property and asc or desc", ErrSyntax)
	}
	descending := false
	if len(words) == 2 {
		descending = strings.EqualFold(words[1], "desc")
		if !descending && !strings.EqualFold(words[1], "asc") {
			return column{}, fmt.Errorf("%w: %q is neither asc nor desc", ErrSyntax, words[1])
		}
	}
	path, err := Resolve(words[0], rows...)
	return column{path: path, descending: descending}, err
}

// Sort orders rows in place and keeps the order of equal ones. Rows without the
// property come first.
func Sort[R any](o *Order, rows []R) {
	if len(o.by) == 0 {
		return
	}
	slices.SortStableFunc(rows, func(a, b R) int { return o.compare(a, b) })
}

func (o *Order) compare(a, b any) int {
	for _, by := range o.by {
		c := compareValues(by.path.Value(a), by.path.Value(b))
		if by.descending {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// compareValues orders two values of one property; nil comes first.
func compareValues(a, b any) int {
	if a == nil || b == nil {
		return cmp.Compare(btoi(a != nil), btoi(b != nil))
	}
	switch x := a.(type) {
	case uuid.UUID:
		y, _ := b.(uuid.UUID)
		return slices.Compare(x[:], y[:])
	case Instant:
		return x.Instant().Compare(instant(reflect.ValueOf(b)))
	}
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	switch {
	case va.Kind() == reflect.String:
		return cmp.Compare(strings.ToLower(va.String()), strings.ToLower(vb.String()))
	case va.Kind() == reflect.Bool:
		return cmp.Compare(btoi(va.Bool()), btoi(vb.Bool()))
	case va.CanInt():
		return cmp.Compare(va.Int(), vb.Int())
	}
	return 0
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

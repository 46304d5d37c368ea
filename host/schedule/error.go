package schedule

import "fmt"

// ParseError says what is wrong with an expression or a time zone, and where,
// so that a caller can point at the part to change.
type ParseError struct {
	// Field is the name of the wrong field, such as "day of month". It is empty
	// when the expression as a whole or the zone is wrong.
	Field string
	// Item is the wrong part of the field as it was written. It is empty when
	// Field is.
	Item string
	// Reason is what is wrong and, where that is known, what to write instead.
	Reason string
	// Offset and Length, in bytes, locate the wrong part within the expression.
	// Length 0 means that no part is more to blame than another.
	Offset, Length int
	// Zone tells that the time zone is wrong and not the expression.
	Zone bool
}

// Error gives the field, the item and the reason, as far as they are known.
func (e *ParseError) Error() string {
	if e.Field == "" || e.Item == "" {
		return e.Reason
	}
	return fmt.Sprintf("%s %q: %s", e.Field, e.Item, e.Reason)
}

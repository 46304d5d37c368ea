package qrs

import (
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Filter is an expression that selects rows. It is not encoded for a URL yet.
// The zero value is no filter.
type Filter string

// ID selects rows whose property is an id.
func ID(property string, id uuid.UUID) Filter {
	return Filter(property + " eq " + id.String())
}

// Text selects rows whose property is a text, or has it among its values. QRS
// ignores case.
func Text(property, value string) Filter {
	return Filter(property + " eq " + quote(value))
}

// Since selects rows whose property is a time or a later one, to the
// millisecond.
func Since(property string, t time.Time) Filter {
	return Filter(property + " ge " + quote(t.UTC().Format("2006-01-02T15:04:05.000Z")))
}

// And selects the rows that both select.
func (f Filter) And(other Filter) Filter {
	return "(" + f + ") and (" + other + ")"
}

// param is the filter as a parameter of a query.
func (f Filter) param() string { return "filter=" + escape(string(f)) }

// quote writes a text. An apostrophe is escaped by a backslash: QRS does not know
// a doubled one.
func quote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

// escape percent-encodes all that is not a letter or a digit, nearly. QueryEscape
// alone makes a space a plus, which is not known to be one for QRS.
func escape(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

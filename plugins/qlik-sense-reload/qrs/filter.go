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

// dateFormat is how QRS writes times, which are in UTC.
const dateFormat = "2006-01-02T15:04:05.000Z"

// ID selects rows whose property is an id.
func ID(property string, id uuid.UUID) Filter {
	return Filter(property + " eq " + id.String())
}

// MaxIDs is how many ids AnyID should be given for one request: the URL stays below
// the 2,000 characters that everything in between is known to pass on.
const MaxIDs = 30

// AnyID selects rows whose property is one of some ids; none select nothing that
// there is.
func AnyID(property string, ids []uuid.UUID) Filter {
	if len(ids) == 0 {
		return ID(property, uuid.Nil)
	}
	alternatives := make([]string, len(ids))
	for i, id := range ids {
		alternatives[i] = string(ID(property, id))
	}
	return Filter(strings.Join(alternatives, " or "))
}

// Text selects rows whose property is a text, or has it among its values. QRS
// ignores case.
func Text(property, value string) Filter {
	return Filter(property + " eq " + quote(value))
}

// Since selects rows whose property is a time or a later one, to the
// millisecond.
func Since(property string, t time.Time) Filter {
	return Filter(property + " ge " + quote(t.UTC().Format(dateFormat)))
}

// Before selects rows whose property is an earlier time, to the millisecond.
func Before(property string, t time.Time) Filter {
	return Filter(property + " lt " + quote(t.UTC().Format(dateFormat)))
}

// And selects the rows that both select.
func (f Filter) And(other Filter) Filter {
	return "(" + f + ") and (" + other + ")"
}

// params are the filter as parameters of a query.
func (f Filter) params() []string {
	if f == "" {
		return nil
	}
	return []string{"filter=" + escape(string(f))}
}

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

// Package finding is the report of a program that makes a configuration out of what
// another scheduler has: what it changed, and what is not what it looks like.
//
// It is not for what is wrong with a configuration itself: that is for package config's
// diagnostics.
package finding

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// Kind says what a finding is.
type Kind string

// The kinds, the most serious first.
const (
	Left    Kind = "left out" // it is not in the configuration, or only in a comment
	Trap    Kind = "trap"     // it is not what it looks like: look at it before the change
	Changed Kind = "changed"  // it says the same in other words
	Note    Kind = "note"     // good to know
)

// Finding is something that the import changed, or that is not what it looks like.
type Finding struct {
	Kind  Kind
	Place string // "schedule.yaml:12"; empty: of the whole
	About string // "schedule \"nightly\""; empty: the setting that Place points at
	Text  string
}

// Report is all that was found, in the order of the files.
type Report []Finding

// count is how many findings there are of a kind.
func (r Report) count(k Kind) int {
	n := 0
	for _, f := range r {
		if f.Kind == k {
			n++
		}
	}
	return n
}

// WriteText writes the report for people: the most serious first, and how many there
// are of each kind.
func (r Report) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w) // keeps the first error for Flush
	for _, k := range []Kind{Left, Trap, Changed, Note} {
		for _, f := range r {
			if f.Kind == k {
				fmt.Fprintln(out, f)
			}
		}
	}
	fmt.Fprintf(out, "%d left out, %d traps, %d changed, %d notes\n", r.count(Left), r.count(Trap), r.count(Changed), r.count(Note))
	return out.Flush()
}

// maxText is how many bytes of a text String gives: names in it come from files.
const maxText = 2000

// String is the finding on one line that a terminal can show: control characters and
// the like are written as in Go, and what is very long is cut.
func (f Finding) String() string {
	text := string(f.Kind) + ": "
	if f.Place != "" {
		text += f.Place + ": "
	}
	if f.About != "" {
		text += f.About + ": "
	}
	return printable(text + f.Text)
}

func printable(text string) string {
	var out strings.Builder
	for _, r := range text {
		if out.Len() > maxText {
			return out.String() + "…"
		}
		if unicode.IsPrint(r) {
			out.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		out.WriteString(quoted[1 : len(quoted)-1])
	}
	return out.String()
}

package schedule

import "strings"

// blanks are what separates fields. Other Unicode spaces, such as the no-break
// space that comes along with text copied from a web page, are refused.
const blanks = " \t\r\n"

// token is a piece of an expression and its place there, in bytes.
type token struct {
	text string
	at   int
}

// tokens splits at blanks. A token that is not blank has at least one.
func (t token) tokens() []token {
	var list []token
	for pos := 0; pos < len(t.text); {
		rest := t.text[pos:]
		if n := strings.IndexAny(rest, blanks); n == 0 {
			pos++
			continue
		} else if n > 0 {
			rest = rest[:n]
		}
		list = append(list, token{text: rest, at: t.at + pos})
		pos += len(rest)
	}
	return list
}

// list splits at commas.
func (t token) list() []token {
	var list []token
	at := t.at
	for part := range strings.SplitSeq(t.text, ",") {
		list = append(list, token{text: part, at: at})
		at += len(part) + 1
	}
	return list
}

// wrong says what is wrong with t, in words that need no field.
func (t token) wrong(reason string) error {
	return &ParseError{Reason: reason, Offset: t.at, Length: len(t.text)}
}

// wrongIn says what is wrong with t as a part of field f.
func (t token) wrongIn(f field, err error) error {
	return &ParseError{Field: f.name, Item: t.text, Reason: err.Error(), Offset: t.at, Length: len(t.text)}
}

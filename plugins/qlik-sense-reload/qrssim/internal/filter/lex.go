package filter

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLength bounds an expression in bytes. The real service sits behind a web
// server that refuses longer URLs.
const maxLength = 16 << 10

var (
	// ErrSyntax is wrapped by every error of an expression that cannot be read:
	// its grammar, an unknown property, or a value that does not fit one.
	ErrSyntax = errors.New("filter: cannot parse")

	// ErrEmptyGroup reports a pair of parentheses with nothing in it, for which
	// the real service has a text of its own.
	ErrEmptyGroup = errors.New("filter: empty group")
)

type kind int

const (
	word   kind = iota // a property, an operator, or a bare value
	quoted             // a value in single quotes, its escapes undone
	opening
	closing
)

type token struct {
	kind kind
	text string
}

// lex splits an expression into tokens.
func lex(text string) ([]token, error) {
	if len(text) > maxLength {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrSyntax, maxLength)
	}
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("%w: not UTF-8", ErrSyntax)
	}
	var tokens []token
	for {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
		if text == "" {
			return tokens, nil
		}
		next, rest, err := scan(text)
		if err != nil {
			return nil, err
		}
		tokens, text = append(tokens, next), rest
	}
}

// scan reads the token that text, which has no leading space, begins with.
func scan(text string) (token, string, error) {
	switch text[0] {
	case '(':
		return token{opening, "("}, text[1:], nil
	case ')':
		return token{closing, ")"}, text[1:], nil
	case '"':
		return token{}, "", fmt.Errorf("%w: strings are written in single quotes", ErrSyntax)
	case '\'':
		return scanString(text[1:])
	}
	end := strings.IndexFunc(text, endsWord)
	if end < 0 {
		end = len(text)
	}
	return token{word, text[:end]}, text[end:], nil
}

func endsWord(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(`()'"`, r)
}

// scanString reads up to the closing quote. A doubled quote is no escape: it
// ends one string and begins another, which the parser then refuses.
func scanString(text string) (token, string, error) {
	var value strings.Builder
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\'':
			return token{quoted, value.String()}, text[i+1:], nil
		case '\\':
			i++
			if i == len(text) || text[i] != '\'' && text[i] != '\\' {
				return token{}, "", fmt.Errorf(`%w: only \' and \\ are escapes`, ErrSyntax)
			}
		}
		value.WriteByte(text[i])
	}
	return token{}, "", fmt.Errorf("%w: a string is not closed", ErrSyntax)
}

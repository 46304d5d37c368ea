package schedule

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// maxExpr is the length in bytes allowed for an expression.
const maxExpr = 256

// Parse reads a cron expression that holds in the time zone with the given IANA
// name. Accepted are five fields (minute first), six fields (second first), the
// macros @yearly, @annually, @monthly, @weekly, @daily, @midnight and @hourly,
// and @every with a duration of whole seconds.
//
// An expression has at most 256 bytes. Next of what Parse accepts always finds
// an instant until the year 9999. The error is a *[ParseError].
func Parse(expr, zone string) (*Spec, error) {
	s, err := parseExpr(expr)
	if err != nil {
		return nil, err
	}
	if s.loc, err = loadZone(zone); err != nil {
		return nil, err
	}
	return s, nil
}

// parseExpr reads an expression into a Spec that lacks its zone.
func parseExpr(expr string) (*Spec, error) {
	if len(expr) > maxExpr {
		return nil, &ParseError{Reason: fmt.Sprintf("the expression is longer than %d bytes", maxExpr)}
	}
	expr = strings.Clone(expr) // a Spec outlives the file or request it came in
	text := strings.Trim(expr, blanks)
	if text == "" {
		return nil, &ParseError{Reason: "empty expression"}
	}
	whole := token{text: text, at: strings.Index(expr, text)}
	tokens := whole.tokens()
	switch {
	case strings.HasPrefix(text, "TZ="), strings.HasPrefix(text, "CRON_TZ="):
		return nil, tokens[0].wrong("put the time zone in its own setting, not in the expression (TZ=/CRON_TZ=)")
	case tokens[0].text == "@every":
		return parseEvery(expr, tokens)
	case text[0] == '@':
		return parseMacro(expr, whole)
	}
	return parseFields(expr, tokens)
}

// parseFields reads five or six fields, checks them and has robfig/cron turn
// them into sets.
func parseFields(expr string, tokens []token) (*Spec, error) {
	tokens, err := sixFields(tokens)
	if err != nil {
		return nil, err
	}
	s := &Spec{expr: expr, key: expr}
	var plain [6]string
	for i, f := range fields() {
		text, warnings, err := f.check(tokens[i])
		if err != nil {
			return nil, err
		}
		plain[i], s.fields[i] = text, tokens[i].text
		s.warnings = append(s.warnings, warnings...)
	}
	if s.cron, err = makeSets(plain); err != nil {
		return nil, err
	}
	if impossible(s.cron) {
		return nil, noSuchDate(tokens[fieldDayOfMonth], tokens[fieldMonth])
	}
	s.limited = s.cron.Hour&allHours != allHours
	return s, nil
}

// yearField matches what AWS expressions have in the place of the weekday.
var yearField = regexp.MustCompile(`^(19|20)\d\d([-,/].*)?$`)

// sixFields completes five fields with the second.
func sixFields(tokens []token) ([]token, error) {
	const want = "expected 5 fields (minute hour day month weekday) or 6 (second first), found %d"
	n := len(tokens)
	switch {
	case n == 5:
		return append([]token{{text: "0"}}, tokens...), nil
	case n == 6 && yearField.MatchString(tokens[5].text):
		return nil, tokens[5].wrong("a year field is not supported; with 6 fields the first is the second")
	case n == 6:
		return tokens, nil
	case n == 7:
		return nil, &ParseError{Reason: fmt.Sprintf(want+" (a year field is not supported)", n)}
	}
	return nil, &ParseError{Reason: fmt.Sprintf(want, n)}
}

// check reads one field. It returns it with numbers only, for robfig/cron, and
// what is odd about it.
func (f field) check(t token) (plain string, warnings []string, err error) {
	var items []string
	for _, part := range t.list() {
		if part.text == "" {
			return "", nil, t.wrongIn(f, errors.New("a list item is empty"))
		}
		it, err := f.item(part.text)
		if err != nil {
			return "", nil, part.wrongIn(f, err)
		}
		if it.onlyFirst() {
			warnings = append(warnings, fmt.Sprintf("%s %q: the step leads past the end, so only %d matches", f.name, part.text, it.lo))
		}
		items = append(items, f.canonical(it))
	}
	return strings.Join(items, ","), warnings, nil
}

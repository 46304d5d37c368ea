package loadscripts_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// An expression is evaluated while it is read: nothing here has effects. A value is a
// string, a float64 or, as Qlik's null, nil.

var expressionToken = regexp.MustCompile(`^\s*('(?:[^']|'')*'|[A-Za-z][\w.]*|\d+(?:\.\d+)?|<>|<=|>=|[-+*/&=<>(),])`)

type evaluation struct {
	script *script
	tokens []string
}

// evaluate is the value of an expression.
func (s *script) evaluate(text string) (any, error) {
	e := &evaluation{script: s}
	for rest := text; strings.TrimSpace(rest) != ""; {
		m := expressionToken.FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf("unknown at %q in %q", rest, text)
		}
		e.tokens = append(e.tokens, m[1])
		rest = rest[len(m[0]):]
	}
	value, err := e.or()
	if err == nil && len(e.tokens) > 0 {
		err = fmt.Errorf("too much: %q", e.tokens)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", text, err)
	}
	return value, nil
}

// take takes the next token when it is one of those, in any case.
func (e *evaluation) take(tokens ...string) (string, bool) {
	for _, token := range tokens {
		if len(e.tokens) > 0 && strings.EqualFold(e.tokens[0], token) {
			e.tokens = e.tokens[1:]
			return token, true
		}
	}
	return "", false
}

// chain evaluates operators of one rank.
func (e *evaluation) chain(next func() (any, error), apply func(op string, a, b any) any, ops ...string) (any, error) {
	value, err := next()
	for err == nil {
		op, ok := e.take(ops...)
		if !ok {
			return value, nil
		}
		var right any
		if right, err = next(); err == nil {
			value = apply(op, value, right)
		}
	}
	return nil, err
}

func (e *evaluation) or() (any, error) {
	return e.chain(e.and, func(_ string, a, b any) any { return number(truth(a) || truth(b)) }, "OR")
}

func (e *evaluation) and() (any, error) {
	return e.chain(e.comparison, func(_ string, a, b any) any { return number(truth(a) && truth(b)) }, "AND")
}

func (e *evaluation) comparison() (any, error) {
	return e.chain(e.concatenation, compare, "=", "<>", "<=", ">=", "<", ">")
}

func (e *evaluation) concatenation() (any, error) {
	return e.chain(e.sum, func(_ string, a, b any) any { return text(a) + text(b) }, "&")
}

func (e *evaluation) sum() (any, error) {
	return e.chain(e.primary, func(op string, a, b any) any {
		x, y := numeric(a), numeric(b)
		if op == "-" {
			return x - y
		}
		return x + y
	}, "+", "-")
}

func (e *evaluation) primary() (any, error) {
	if len(e.tokens) == 0 {
		return nil, fmt.Errorf("it ends too early")
	}
	token := e.tokens[0]
	e.tokens = e.tokens[1:]
	switch {
	case token == "(":
		return e.parenthesis()
	case token[0] == '\'':
		return strings.ReplaceAll(token[1:len(token)-1], "''", "'"), nil
	case token[0] >= '0' && token[0] <= '9':
		return strconv.ParseFloat(token, 64)
	case len(e.tokens) > 0 && e.tokens[0] == "(":
		return e.call(token)
	}
	return e.script.variable(token)
}

func (e *evaluation) parenthesis() (any, error) {
	value, err := e.or()
	if _, ok := e.take(")"); err == nil && !ok {
		err = fmt.Errorf("a parenthesis stays open")
	}
	return value, err
}

// call calls a function. Its opening parenthesis is the next token.
func (e *evaluation) call(name string) (any, error) {
	e.tokens = e.tokens[1:]
	var args []any
	for {
		value, err := e.or()
		if err != nil {
			return nil, err
		}
		args = append(args, value)
		if _, more := e.take(","); !more {
			break
		}
	}
	if _, ok := e.take(")"); !ok {
		return nil, fmt.Errorf("%s: no parenthesis at its end", name)
	}
	return e.script.function(name, args)
}

func compare(op string, a, b any) any {
	if a == nil || b == nil {
		return nil
	}
	x, xErr := strconv.ParseFloat(text(a), 64)
	y, yErr := strconv.ParseFloat(text(b), 64)
	order := strings.Compare(text(a), text(b))
	if xErr == nil && yErr == nil {
		order = int(numeric(x > y) - numeric(x < y))
	}
	switch op {
	case "=":
		return number(order == 0)
	case "<>":
		return number(order != 0)
	case "<":
		return number(order < 0)
	case "<=":
		return number(order <= 0)
	case ">":
		return number(order > 0)
	}
	return number(order >= 0)
}

// number is Qlik's number for a truth.
func number(truth bool) any {
	if truth {
		return -1.0
	}
	return 0.0
}

func truth(value any) bool { return numeric(value) != 0 }

func text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

func numeric(value any) float64 {
	switch v := value.(type) {
	case float64:
		return v
	case bool:
		if v {
			return 1
		}
	case string:
		n, _ := strconv.ParseFloat(v, 64) // Qlik's null counts as 0 here: no script relies on more
		return n
	}
	return 0
}

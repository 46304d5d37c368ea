package filter

import (
	"fmt"
	"reflect"
	"strings"
)

// maxDepth bounds nested parentheses, and with it the parser's recursion.
const maxDepth = 64

// Filter is an expression bound to the types of the rows it is for.
type Filter struct {
	root node
}

// Parse reads an expression over rows of the given struct types. A property has
// to exist in at least one of them; rows of the others never match it. A blank
// expression matches every row. Errors wrap [ErrSyntax] or [ErrEmptyGroup].
func Parse(text string, rows ...reflect.Type) (*Filter, error) {
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	if len(tokens) == 0 {
		return &Filter{root: all(nil)}, nil
	}
	p := parser{tokens: tokens, rows: rows}
	root, err := p.either(0)
	if err != nil {
		return nil, err
	}
	if len(p.tokens) > 0 {
		return nil, fmt.Errorf("%w: %q is not expected", ErrSyntax, p.tokens[0].text)
	}
	return &Filter{root: root}, nil
}

type parser struct {
	tokens []token
	rows   []reflect.Type
}

// either reads terms joined by "or", which binds weaker than "and".
func (p *parser) either(depth int) (node, error) {
	terms, err := p.joined("or", func() (node, error) { return p.both(depth) })
	if len(terms) == 1 {
		return terms[0], err
	}
	return some(terms), err
}

func (p *parser) both(depth int) (node, error) {
	terms, err := p.joined("and", func() (node, error) { return p.term(depth) })
	if len(terms) == 1 {
		return terms[0], err
	}
	return all(terms), err
}

// joined collects terms into a flat list, so that a long chain costs no depth.
func (p *parser) joined(by string, term func() (node, error)) ([]node, error) {
	var terms []node
	for {
		next, err := term()
		if err != nil {
			return nil, err
		}
		terms = append(terms, next)
		if len(p.tokens) == 0 || p.tokens[0].kind != word || !strings.EqualFold(p.tokens[0].text, by) {
			return terms, nil
		}
		p.tokens = p.tokens[1:]
	}
}

func (p *parser) term(depth int) (node, error) {
	if len(p.tokens) == 0 || p.tokens[0].kind != opening {
		return p.comparison()
	}
	if depth == maxDepth {
		return nil, fmt.Errorf("%w: nested deeper than %d", ErrSyntax, maxDepth)
	}
	p.tokens = p.tokens[1:]
	if len(p.tokens) > 0 && p.tokens[0].kind == closing {
		return nil, ErrEmptyGroup
	}
	inner, err := p.either(depth + 1)
	if err != nil {
		return nil, err
	}
	if len(p.tokens) == 0 || p.tokens[0].kind != closing {
		return nil, fmt.Errorf("%w: a parenthesis is not closed", ErrSyntax)
	}
	p.tokens = p.tokens[1:]
	return inner, nil
}

// comparison reads a property, an operator and a value.
func (p *parser) comparison() (node, error) {
	if len(p.tokens) < 3 || p.tokens[0].kind != word || p.tokens[1].kind != word {
		return nil, fmt.Errorf("%w: expected property, operator and value", ErrSyntax)
	}
	property, op, value := p.tokens[0], operator(strings.ToLower(p.tokens[1].text)), p.tokens[2]
	p.tokens = p.tokens[3:]
	path, err := Resolve(property.text, p.rows...)
	if err != nil {
		return nil, err
	}
	test, err := compile(path.leaf, op, value)
	if err != nil {
		return nil, fmt.Errorf("%w: %s %s: %w", ErrSyntax, property.text, op, err)
	}
	return comparison{path: path, op: op, value: value.text, test: test}, nil
}

package loadscripts_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// selection is a SELECT of the connector: fields of the objects of a document, and
// selections from what is nested in them.
type selection struct {
	fields     [][2]string // member, name in the table
	nested     []*selection
	from       string
	primary    string // field with a key that is made up
	foreign    string // field with the key of the object around
	arrayAlias string // field for elements that are no objects
	csv        bool   // the document is a line of text
}

// call is what WITH CONNECTION says.
type call struct {
	url    string
	header [][2]string
	body   *string
}

var sqlToken = regexp.MustCompile(`^\s*("(?:[^"]|"")*"|\w+|[(),])`)

type sqlParser struct{ tokens []string }

func parseSQL(line string) (*selection, *call, error) {
	p := &sqlParser{}
	for rest := line; strings.TrimSpace(rest) != ""; {
		m := sqlToken.FindStringSubmatch(rest)
		if m == nil {
			return nil, nil, fmt.Errorf("unknown at %q", rest)
		}
		p.tokens = append(p.tokens, m[1])
		rest = rest[len(m[0]):]
	}
	s, err := p.selection()
	if err != nil {
		return nil, nil, err
	}
	c, err := p.call()
	if err == nil && len(p.tokens) > 0 {
		err = fmt.Errorf("too much: %q", p.tokens)
	}
	return s, c, err
}

// skip takes words that must be there.
func (p *sqlParser) skip(words ...string) error {
	for _, word := range words {
		if !p.take(word) {
			return fmt.Errorf("%q is missing before %q", word, p.tokens)
		}
	}
	return nil
}

func (p *sqlParser) take(word string) bool {
	if len(p.tokens) == 0 || !strings.EqualFold(p.tokens[0], word) {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

// quoted takes a text in quotes.
func (p *sqlParser) quoted() (string, error) {
	if len(p.tokens) == 0 || p.tokens[0][0] != '"' {
		return "", fmt.Errorf("a quoted text is missing before %q", p.tokens)
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	return strings.ReplaceAll(token[1:len(token)-1], `""`, `"`), nil
}

func (p *sqlParser) selection() (*selection, error) {
	s := &selection{}
	if err := p.skip("SELECT"); err != nil {
		return nil, err
	}
	for {
		if err := p.item(s); err != nil {
			return nil, err
		}
		if !p.take(",") {
			return s, p.source(s)
		}
	}
}

func (p *sqlParser) item(s *selection) error {
	if p.take("(") {
		inner, err := p.selection()
		if err != nil {
			return err
		}
		s.nested = append(s.nested, inner)
		return p.skip(")")
	}
	name, err := p.quoted()
	if err != nil {
		return err
	}
	alias := name
	if p.take("AS") {
		alias, err = p.quoted()
	}
	s.fields = append(s.fields, [2]string{name, alias})
	return err
}

func (p *sqlParser) source(s *selection) error {
	if err := p.skip("FROM"); err != nil {
		return err
	}
	var err error
	switch {
	case p.take("JSON"):
		err = p.skip("(", "wrap", "on", ")")
	case p.take("CSV"):
		s.csv = true
		err = p.skip("(", "header", "off", ",", "delimiter", `","`, ",", "quote", `""""`, ")")
	}
	if err != nil {
		return err
	}
	if s.from, err = p.quoted(); err != nil {
		return err
	}
	for word, to := range map[string]*string{"ArrayValueAlias": &s.arrayAlias, "PK": &s.primary, "FK": &s.foreign} {
		if i := slices.Index(p.tokens, word); i == 0 || i == 2 {
			if *to = strings.Trim(p.tokens[i+1], `"`); *to == "" {
				return fmt.Errorf("%s names no field", word)
			}
			p.tokens = slices.Delete(p.tokens, i, i+2)
		}
	}
	return nil
}

func (p *sqlParser) call() (*call, error) {
	c := &call{}
	if err := p.skip("WITH", "CONNECTION", "("); err != nil {
		return nil, err
	}
	for !p.take(")") {
		if err := p.part(c); err != nil {
			return nil, err
		}
		p.take(",")
	}
	return c, nil
}

func (p *sqlParser) part(c *call) error {
	var err error
	switch {
	case p.take("URL"):
		c.url, err = p.quoted()
		return err
	case p.take("BODY"):
		body, err := p.quoted()
		c.body = &body
		return err
	}
	if err := p.skip("HTTPHEADER"); err != nil {
		return err
	}
	name, err := p.quoted()
	if err != nil {
		return err
	}
	value, err := p.quoted()
	c.header = append(c.header, [2]string{name, value})
	return err
}

// rows are those that the connector makes of a document.
func (s *selection) rows(document []byte) ([]row, error) {
	if len(document) == 0 {
		return []row{}, nil
	}
	if s.csv {
		return []row{{"col_1": string(document)}}, nil
	}
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		return nil, fmt.Errorf("the answer is no JSON: %w", err)
	}
	keys := 0
	return s.each(value, nil, &keys)
}

// each makes rows of an object, or of the elements of a list.
func (s *selection) each(value, parent any, keys *int) ([]row, error) {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	all := []row{}
	for _, element := range list {
		rows, err := s.element(element, parent, keys)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

func (s *selection) element(element, parent any, keys *int) ([]row, error) {
	object, isObject := element.(map[string]any)
	*keys++
	key := float64(*keys)
	r := row{}
	for _, field := range s.fields {
		value := object[field[0]]
		switch {
		case field[0] == s.primary:
			value = key
		case field[0] == s.foreign:
			value = parent
		case !isObject && field[0] == s.arrayAlias:
			value = element
		}
		if !flat(value) {
			return nil, fmt.Errorf("field %s is nested: %v", field[0], value)
		}
		if b, ok := value.(bool); ok {
			value = fmt.Sprint(b)
		}
		if value != nil {
			r[field[1]] = value
		}
	}
	all := []row{r}
	for _, n := range s.nested {
		inner, there := object[n.from]
		if !there || inner == nil {
			continue
		}
		rows, err := n.each(inner, key, keys)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// flat says whether a value has a place in a table.
func flat(value any) bool {
	switch value.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}

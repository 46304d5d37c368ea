package loadscripts_test

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// row is one of a table: a field that is missing is null.
type row map[string]any

// script runs load scripts, as far as those here go. It knows of the language what they
// need, and stops at all else.
type script struct {
	connector *connector
	subs      map[string]sub
	globals   map[string]any
	locals    map[string]any // parameters of the sub that runs; nil outside
	tables    map[string][]row
	pending   *loading // a LOAD that waits for the SELECT behind it
	open      string   // the data connection
	traced    []string
}

// errRefused is a statement that failed because of an answer.
var errRefused = errors.New("the connector fails")

func newScript(c *connector, files ...string) (*script, error) {
	s := &script{connector: c, subs: map[string]sub{}, tables: map[string][]row{}}
	s.globals = map[string]any{"ErrorMode": 1.0, "ScriptError": 0.0}
	for _, name := range files {
		if err := s.include(name); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// include runs a file: its subs are known from then on.
func (s *script) include(name string) error {
	list, err := parseFile(name)
	if err != nil {
		return err
	}
	if err := s.run(list); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (s *script) run(list []statement) error {
	for _, st := range list {
		if err := s.execute(st); err != nil {
			return fmt.Errorf("%.60q: %w", st.text, err)
		}
	}
	return nil
}

var reference = regexp.MustCompile(`\$\(([\w.]+)\)`)

// expand puts values in the place of $(…), as Qlik does before it looks at a statement.
// A value that has one itself would be expanded again: the scripts must not let any
// text of a user get there.
func (s *script) expand(line string) (string, error) {
	var err error
	out := reference.ReplaceAllStringFunc(line, func(found string) string {
		value, unknown := s.variable(found[2 : len(found)-1])
		err = errors.Join(err, unknown)
		return text(value)
	})
	if strings.Contains(out, "$(") {
		err = errors.Join(err, fmt.Errorf("a value is taken for a reference in %q", out))
	}
	return out, err
}

func (s *script) variable(name string) (any, error) {
	for _, of := range []map[string]any{s.locals, s.globals} {
		if value, ok := of[name]; ok {
			return value, nil
		}
	}
	return nil, fmt.Errorf("variable %s has no value", name)
}

func (s *script) assign(name string, value any) {
	if _, local := s.locals[name]; local {
		s.locals[name] = value
		return
	}
	s.globals[name] = value
}

var (
	assignment = regexp.MustCompile(`(?s)^(LET|SET) ([\w.]+) =(.*)$`)
	loop       = regexp.MustCompile(`^FOR ([\w.]+) = (.+) TO (.+)$`)
	condition  = regexp.MustCompile(`^IF (.+) THEN$`)
	connecting = regexp.MustCompile(`^LIB CONNECT TO '(.+)'$`)
	dropping   = regexp.MustCompile(`^DROP TABLE \[(.+)\]$`)
)

func (s *script) execute(st statement) error {
	if m := subLine.FindStringSubmatch(st.text); m != nil {
		s.subs[m[1]] = sub{parameters: commaSeparated(m[2]), body: st.body}
		return nil
	}
	line, err := s.expand(st.text)
	if err != nil {
		return err
	}
	if m := condition.FindStringSubmatch(line); m != nil {
		return s.branch(m[1], st)
	}
	if m := loop.FindStringSubmatch(line); m != nil {
		return s.loop(m, st.body)
	}
	if m := assignment.FindStringSubmatch(line); m != nil {
		return s.set(m)
	}
	if call, ok := strings.CutPrefix(line, "CALL "); ok {
		return s.call(strings.TrimSpace(call))
	}
	return s.data(line)
}

// data executes what concerns connections and tables.
func (s *script) data(line string) error {
	if m := connecting.FindStringSubmatch(line); m != nil {
		s.open = m[1]
		return s.connector.known(m[1])
	}
	if m := dropping.FindStringSubmatch(line); m != nil {
		if _, ok := s.tables[m[1]]; !ok {
			return fmt.Errorf("there is no table %s", m[1])
		}
		delete(s.tables, m[1])
		return nil
	}
	if said, ok := strings.CutPrefix(line, "TRACE "); ok {
		s.traced = append(s.traced, said)
		return nil
	}
	err := s.load(line)
	s.globals["ScriptError"] = 0.0
	if errors.Is(err, errRefused) && s.globals["ErrorMode"] == 0.0 {
		s.globals["ScriptError"] = 12.0
		return nil
	}
	return err
}

func (s *script) branch(test string, st statement) error {
	value, err := s.evaluate(test)
	switch {
	case err != nil:
		return err
	case truth(value):
		return s.run(st.body)
	}
	return s.run(st.rest)
}

func (s *script) loop(m []string, body []statement) error {
	from, err := s.evaluate(m[2])
	if err != nil {
		return err
	}
	to, err := s.evaluate(m[3])
	for i := numeric(from); err == nil && i <= numeric(to); i++ {
		s.assign(m[1], i)
		err = s.run(body)
	}
	return err
}

func (s *script) set(m []string) error {
	if m[1] == "SET" {
		s.assign(m[2], strings.TrimSpace(m[3]))
		if m[2] == "ErrorMode" || m[2] == "Butlerd.ErrorMode" {
			s.assign(m[2], numeric(strings.TrimSpace(m[3])))
		}
		return nil
	}
	value, err := s.evaluate(m[3])
	if err == nil {
		s.assign(m[2], value)
	}
	return err
}

var variableName = regexp.MustCompile(`^[A-Za-z][\w.]*$`)

// call calls a sub. Arguments that are variables get what the sub has made of them.
func (s *script) call(line string) error {
	name, rest, _ := strings.Cut(line, "(")
	called, ok := s.subs[name]
	if !ok {
		return fmt.Errorf("there is no sub %s", name)
	}
	args := commaSeparated(strings.TrimSuffix(rest, ")"))
	if len(args) != len(called.parameters) {
		return fmt.Errorf("%s has %d parameters and gets %d", name, len(called.parameters), len(args))
	}
	locals := map[string]any{}
	for i, parameter := range called.parameters {
		value, err := s.evaluate(args[i])
		if err != nil && !variableName.MatchString(args[i]) { // a variable may get its first value from the sub
			return err
		}
		locals[parameter] = value
	}
	outer := s.locals
	s.locals = locals
	err := s.run(called.body)
	s.locals = outer
	for i, parameter := range called.parameters {
		if variableName.MatchString(args[i]) {
			s.assign(args[i], locals[parameter])
		}
	}
	return err
}

// invoke calls a sub as a script would that has the arguments in variables, and
// returns these.
func (s *script) invoke(name string, args ...string) (map[string]any, error) {
	var names []string
	for i, value := range args {
		name := fmt.Sprintf("Argument.%d", i+1)
		s.globals[name] = value
		names = append(names, name)
	}
	err := s.call(name + "(" + strings.Join(names, ", ") + ")")
	return maps.Clone(s.globals), err
}

// commaSeparated splits at commas outside of quotes and parentheses.
func commaSeparated(line string) []string {
	var list []string
	begin, depth, quoted := 0, 0, false
	for i, c := range line + "," {
		switch {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case c == ',' && depth == 0:
			list = append(list, strings.TrimSpace(line[begin:i]))
			begin = i + 1
		}
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

package loadscripts_test

import (
	"fmt"
	"regexp"
	"strings"
)

// loading is a LOAD: which fields of which rows become which of a table.
type loading struct {
	table  string
	append bool
	fields []string // each: what AS name
	from   string   // a table; empty: what the SELECT behind it gives
	notNil string   // only rows with a value in this field; empty: all
}

var (
	loadStatement = regexp.MustCompile(`(?s)^(?:\[(.+?)\]:\s+NoConcatenate|Concatenate \(\[(.+?)\]\)) LOAD (.+?)(?: RESIDENT \[(.+?)\] WHERE NOT IsNull\(\[(.+?)\]\))?$`)
	sqlStatement  = regexp.MustCompile(`(?s)^(?:\[(.+?)\]:\s+)?SQL (SELECT .+)$`)
	loadField     = regexp.MustCompile(`^(?:\[(.+)\]|'(.+)') AS \[(.+)\]$`)
)

// load executes a LOAD or a SELECT.
func (s *script) load(line string) error {
	if m := loadStatement.FindStringSubmatch(line); m != nil {
		l := &loading{table: m[1] + m[2], append: m[2] != "", fields: commaSeparated(m[3]), from: m[4], notNil: m[5]}
		if l.from == "" {
			s.pending = l
			return nil
		}
		rows, ok := s.tables[l.from]
		if !ok {
			return fmt.Errorf("there is no table %s", l.from)
		}
		return s.keep(l, rows)
	}
	m := sqlStatement.FindStringSubmatch(line)
	if m == nil {
		return fmt.Errorf("the tests do not know such a statement")
	}
	l := s.pending
	s.pending = nil
	rows, err := s.connector.query(s.open, m[2])
	switch {
	case err != nil:
		return err
	case l != nil:
		return s.keep(l, rows)
	}
	return s.add(m[1], false, rows)
}

func (s *script) keep(l *loading, rows []row) error {
	kept := []row{}
	for _, from := range rows {
		if l.notNil != "" && from[l.notNil] == nil {
			continue
		}
		to := row{}
		for _, field := range l.fields {
			m := loadField.FindStringSubmatch(field)
			switch {
			case m == nil:
				return fmt.Errorf("the tests do not know such a field: %s", field)
			case m[2] != "":
				to[m[3]] = m[2]
			default:
				to[m[3]] = from[m[1]]
			}
		}
		kept = append(kept, to)
	}
	return s.add(l.table, l.append, kept)
}

// add makes a table, or appends to it. Two tables of one name would become two names
// in Qlik, and a table without a name gets any.
func (s *script) add(name string, appended bool, rows []row) error {
	_, there := s.tables[name]
	if name == "" || there != appended {
		return fmt.Errorf("table %q: it is there: %t, it is appended to: %t", strings.TrimSpace(name), there, appended)
	}
	s.tables[name] = append(s.tables[name], rows...)
	if s.tables[name] == nil {
		s.tables[name] = []row{}
	}
	return nil
}

package loadscripts_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// statement is one of a script: the words that begin and the text behind them, or a
// block with statements of its own.
type statement struct {
	text string
	body []statement // of SUB, FOR and IF; of IF up to the first ELSE
	rest []statement // of IF: an ELSEIF as an IF of its own, or what stands behind ELSE
}

// sub is a sub of a script.
type sub struct {
	parameters []string
	body       []statement
}

var (
	controlLine = regexp.MustCompile(`^(SUB|END SUB|IF|ELSEIF|ELSE|END IF|FOR|NEXT|CALL)\b`)
	subLine     = regexp.MustCompile(`^SUB ([\w.]+)(?:\(([\w, ]*)\))?$`)
)

// parseFile reads the part of Qlik's language that the scripts here use. Control
// statements and calls have a line each; others end at a semicolon.
func parseFile(name string) ([]statement, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	p := &scriptParser{lines: strings.Split(uncommented(string(text)), "\n")}
	list, end, err := p.block()
	if err == nil && end != "" {
		err = fmt.Errorf("%q ends nothing", end)
	}
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, p.at, err)
	}
	return list, nil
}

// uncommented is a script without comments. What looks like one in a quoted text is none.
func uncommented(text string) string {
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote == 0 && strings.HasPrefix(text[i:], "//"):
			i += strings.IndexByte(text[i:]+"\n", '\n') - 1
			continue
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case c == quote:
			quote = 0
		}
		b.WriteByte(c)
	}
	return b.String()
}

type scriptParser struct {
	lines []string
	at    int
}

// block reads up to a line that ends it, and returns that line.
func (p *scriptParser) block() (list []statement, end string, err error) {
	for p.at < len(p.lines) {
		line := strings.TrimSpace(p.lines[p.at])
		p.at++
		word := controlLine.FindString(line)
		switch word {
		case "END SUB", "END IF", "NEXT", "ELSE", "ELSEIF":
			return list, line, nil
		}
		if line == "" {
			continue
		}
		s, err := p.statement(line, word)
		if err != nil {
			return nil, "", err
		}
		list = append(list, s)
	}
	return list, "", nil
}

func (p *scriptParser) statement(line, word string) (statement, error) {
	s := statement{text: strings.TrimSuffix(line, ";")}
	switch word {
	case "SUB":
		return s, p.inside(&s.body, "END SUB")
	case "FOR":
		return s, p.inside(&s.body, "NEXT")
	case "IF":
		return s, p.branches(&s)
	case "CALL":
		return s, nil
	}
	for !strings.HasSuffix(strings.TrimSpace(line), ";") {
		if p.at == len(p.lines) {
			return s, fmt.Errorf("no semicolon behind %q", s.text)
		}
		line = p.lines[p.at]
		p.at++
		s.text += "\n" + strings.TrimSuffix(strings.TrimSpace(line), ";")
	}
	return s, nil
}

func (p *scriptParser) inside(body *[]statement, want string) error {
	list, end, err := p.block()
	if err == nil && end != want {
		err = fmt.Errorf("%q where %q is needed", end, want)
	}
	*body = list
	return err
}

func (p *scriptParser) branches(s *statement) error {
	list, end, err := p.block()
	s.body = list
	switch {
	case err != nil:
		return err
	case end == "END IF":
		return nil
	case end == "ELSE":
		return p.inside(&s.rest, "END IF")
	case strings.HasPrefix(end, "ELSEIF "):
		next := statement{text: strings.TrimPrefix(end, "ELSE")}
		err = p.branches(&next)
		s.rest = []statement{next}
		return err
	}
	return fmt.Errorf("%q ends an IF", end)
}

package schedule

import (
	"bytes"
	"strings"
)

// icsLine is a content line, put together from those it was folded into.
type icsLine struct {
	number int // of the first
	name   string
	params map[string]string
	value  string
}

func (l icsLine) wrong(reason string) error {
	return &ICSError{Line: l.number, Property: l.name, Reason: reason}
}

// icsLines splits a file into content lines.
func icsLines(data []byte) ([]icsLine, error) {
	var lines []icsLine
	var text []byte
	start, number := 0, 0
	flush := func() error {
		if len(text) == 0 {
			return nil
		}
		l, err := parseICSLine(string(text), start)
		lines, text = append(lines, l), nil
		return err
	}
	for raw := range bytes.Lines(data) {
		number++
		raw = bytes.TrimRight(raw, "\r\n")
		if len(raw) > 0 && (raw[0] == ' ' || raw[0] == '\t') {
			text = append(text, raw[1:]...) // the first blank only folds
			continue
		}
		if err := flush(); err != nil {
			return nil, err
		}
		start, text = number, append(text, raw...)
	}
	return lines, flush()
}

// parseICSLine reads NAME;PARAM=VALUE;PARAM="VALUE":VALUE.
func parseICSLine(text string, number int) (icsLine, error) {
	l := icsLine{number: number, params: map[string]string{}}
	bad := &ICSError{Line: number, Reason: "this is no content line, such as DTSTART;VALUE=DATE:20261224"}
	end := strings.IndexAny(text, ":;")
	if end < 1 {
		return l, bad
	}
	l.name, text = strings.ToUpper(text[:end]), text[end:]
	if strings.ContainsAny(l.name, " \t\"=,") {
		l.name = ""
		return l, bad
	}
	for text[0] == ';' {
		name, rest, ok := strings.Cut(text[1:], "=")
		if !ok {
			return l, bad
		}
		end := icsParamEnd(rest)
		if end < 0 {
			return l, bad
		}
		l.params[strings.ToUpper(name)] = strings.Trim(rest[:end], `"`)
		text = rest[end:]
	}
	l.value = text[1:]
	return l, nil
}

// icsParamEnd finds the ; or : after the value of a parameter; -1 if there is none.
func icsParamEnd(text string) int {
	quoted := false
	for i, c := range []byte(text) {
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ';' || c == ':'):
			return i
		}
	}
	return -1
}

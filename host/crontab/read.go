package crontab

import (
	"fmt"
	"regexp"
	"strings"
)

// Limits on what is read.
const (
	MaxFile  = 1 << 20 // bytes
	maxLines = 10_000
)

// entry is a line of a crontab that runs a command.
type entry struct {
	line    int
	comment string // the lines of comment right above it
	when    string // five fields, or a macro
	user    string // of a system crontab
	command string
	stdin   *string           // nil: none
	env     map[string]string // in force for it
}

// mistake is a line that cannot be read.
type mistake struct {
	line   int
	text   string
	reason string
}

// table is a crontab.
type table struct {
	entries  []entry
	mistakes []mistake
}

var (
	setting = regexp.MustCompile(`^\s*("[^"]*"|'[^']*'|[^\s"'=]+)\s*=\s*(.*)$`)
	fields  = regexp.MustCompile(`^\s*(@\S+|\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(\S.*)$`)
	column  = regexp.MustCompile(`^(\S+)\s+(\S.*)$`)
)

// read reads a crontab.
func read(text string, system bool) (table, error) {
	if len(text) > MaxFile {
		return table{}, fmt.Errorf("the file is larger than %d MiB", MaxFile>>20)
	}
	lines := strings.Split(strings.ToValidUTF8(text, "\uFFFD"), "\n")
	if len(lines) > maxLines {
		return table{}, fmt.Errorf("the file has more than %d lines", maxLines)
	}
	var t table
	var comment []string
	env := map[string]string{}
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "":
			comment = nil
			continue
		case trimmed[0] == '#':
			comment = append(comment, strings.TrimSpace(strings.TrimLeft(trimmed, "#")))
			continue
		}
		if m := setting.FindStringSubmatch(line); m != nil {
			next := map[string]string{unquote(m[1]): unquote(strings.TrimSpace(m[2]))}
			for name, value := range env {
				if _, ok := next[name]; !ok {
					next[name] = value
				}
			}
			env, comment = next, nil // those above keep theirs
			continue
		}
		e, reason := readEntry(line, system)
		if reason != "" {
			t.mistakes = append(t.mistakes, mistake{i + 1, trimmed, reason})
		} else {
			e.line, e.env, e.comment = i+1, env, strings.TrimSpace(strings.Join(comment, "\n"))
			t.entries = append(t.entries, e)
		}
		comment = nil
	}
	return t, nil
}

func unquote(text string) string {
	if n := len(text); n > 1 && (text[0] == '"' || text[0] == '\'') && text[n-1] == text[0] {
		return text[1 : n-1]
	}
	return text
}

func readEntry(line string, system bool) (e entry, reason string) {
	m := fields.FindStringSubmatch(line)
	if m == nil {
		return e, "it is neither a setting nor five fields, or a macro, and a command"
	}
	e.when = strings.Join(strings.Fields(m[1]), " ")
	rest := strings.TrimRight(m[2], "\r")
	if system {
		u := column.FindStringSubmatch(rest)
		if u == nil {
			return e, "a system crontab names the user before the command"
		}
		e.user, rest = u[1], u[2]
	}
	e.command, e.stdin = percent(rest)
	return e, ""
}

// percent heeds the percent signs of a command as cron does: the first one ends it, what
// follows is its standard input, in which further ones are line breaks. With a backslash
// before it a percent sign is one.
func percent(text string) (command string, stdin *string) {
	var parts [2]strings.Builder
	part := 0
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == '%':
			i++
			parts[part].WriteByte('%')
		case text[i] == '%' && part == 0:
			part = 1
		case text[i] == '%':
			parts[part].WriteByte('\n')
		default:
			parts[part].WriteByte(text[i])
		}
	}
	command = strings.TrimSpace(parts[0].String())
	if part == 0 {
		return command, nil
	}
	input := parts[1].String() + "\n" // cron ends it with one
	return command, &input
}

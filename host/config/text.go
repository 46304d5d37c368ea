package config

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"butlerd/sdk/schema"
)

// WriteText writes the diagnostics for people, with the lines of source and a
// mark under what is wrong. Details are wrapped at the width in characters; 0:
// they are not.
func (ds Diagnostics) WriteText(w io.Writer, color bool, width int) error {
	out := bufio.NewWriter(w) // keeps the first error for Flush
	p := printer{out, color, width}
	for _, d := range ds {
		p.diagnostic(d)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing diagnostics: %w", err)
	}
	return nil
}

type printer struct {
	*bufio.Writer
	color bool
	width int
}

func (p printer) diagnostic(d Diagnostic) {
	word, code := "Error", "31"
	if d.Severity == schema.Warning {
		word, code = "Warning", "33"
	}
	fmt.Fprintf(p, "%s: %s\n\n", p.paint(word, code), d.Summary)
	if d.File != "" {
		p.place(d)
	}
	if d.Detail != "" {
		fmt.Fprintf(p, "%s\n\n", wrap(d.Detail, p.width))
	}
}

func (p printer) paint(text, code string) string {
	if !p.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p printer) place(d Diagnostic) {
	var in string
	if d.Context != "" {
		in = ", in " + d.Context
	}
	fmt.Fprintf(p, "  on %s line %d%s:\n", d.File, d.Start.Line, in)
	if d.Snippet == "" {
		p.WriteString("\n")
		return
	}
	lines := strings.Split(d.Snippet, "\n")
	for i, line := range lines {
		fmt.Fprintf(p, "%4d: %s\n", d.Start.Line+i, line)
	}
	if mark := underline(lines[0], d); mark != "" && len(lines) == 1 {
		fmt.Fprintf(p, "      %s\n", p.paint(mark, "1"))
	}
	p.WriteString("\n")
}

// underline makes the line of carets below a line of source. A masked line has
// none, because its columns have moved.
func underline(line string, d Diagnostic) string {
	if strings.Contains(line, secretMask) || d.End.Line != d.Start.Line {
		return ""
	}
	var before strings.Builder
	column := 1
	for _, r := range line {
		if column >= d.Start.Column {
			break
		}
		if r == '\t' {
			before.WriteRune('\t')
		} else {
			before.WriteRune(' ')
		}
		column++
	}
	// A range may be empty, and may end where a long line was cut.
	length := min(d.End.Column-d.Start.Column, utf8.RuneCountInString(line)-column+1)
	return before.String() + strings.Repeat("^", max(1, length))
}

// wrap breaks text at blanks, so that no line is longer than the width if that
// can be. Line breaks in the text stay.
func wrap(text string, width int) string {
	if width <= 0 {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = wrapLine(line, width)
	}
	return strings.Join(lines, "\n")
}

func wrapLine(line string, width int) string {
	var out strings.Builder
	used := 0
	for _, word := range strings.Split(line, " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case used == 0:
		case used+1+n > width:
			out.WriteByte('\n')
			used = 0
		default:
			out.WriteByte(' ')
			used++
		}
		out.WriteString(word)
		used += n
	}
	return out.String()
}

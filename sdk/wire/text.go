package wire

import (
	"strings"
	"unicode/utf8"
)

// Text makes s fit for a string field: valid UTF-8, which protobuf insists on,
// and at most limit bytes, cut between characters and marked when cut.
func Text(s string, limit int) string {
	const mark = "…"
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	if len(s) <= limit {
		return s
	}
	end := max(limit-len(mark), 0)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}

// Line is Text on one line: breaks become "; ", as several joined errors read.
func Line(s string, limit int) string {
	lines := strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' })
	return Text(strings.Join(lines, "; "), limit)
}

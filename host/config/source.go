package config

import (
	"bytes"
	"cmp"
	"slices"
	"sync"

	"github.com/hashicorp/hcl/v2"
)

// source is one configuration file.
type source struct {
	name  string // as shown
	dir   string // absolute, with slashes
	bytes []byte
	file  *hcl.File
	// hidden are the literals that must not be shown, sorted.
	hidden []span
}

// span is a half-open range of bytes.
type span struct{ from, to int }

// sources are the files of one configuration. They stay in memory because the
// lines are quoted long after loading, when a plugin finds something wrong.
type sources struct {
	list    []*source
	secrets secrets

	mu sync.Mutex // guards hidden: schemas come, and hide, after loading
}

func (ss *sources) find(name string) *source {
	i, ok := slices.BinarySearchFunc(ss.list, name, func(s *source, name string) int {
		return cmp.Compare(s.name, name)
	})
	if !ok {
		return nil
	}
	return ss.list[i]
}

// slice is the source of a range, or nothing.
func (ss *sources) slice(r hcl.Range) []byte {
	s := ss.find(r.Filename)
	if s == nil || !r.CanSliceBytes(s.bytes) {
		return nil
	}
	return r.SliceBytes(s.bytes)
}

// hide keeps a range out of all snippets from now on.
func (ss *sources) hide(r hcl.Range) {
	s := ss.find(r.Filename)
	if s == nil || !r.CanSliceBytes(s.bytes) {
		return
	}
	ss.mu.Lock()
	defer ss.mu.Unlock()
	part := span{r.Start.Byte, r.End.Byte}
	at, _ := slices.BinarySearchFunc(s.hidden, part, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	if at < len(s.hidden) && s.hidden[at].from == part.from {
		s.hidden[at].to = max(s.hidden[at].to, part.to)
		return
	}
	s.hidden = slices.Insert(s.hidden, at, part)
}

// maxSnippet is how many lines of source a diagnostic quotes at most.
const maxSnippet = 5

// maxSnippetLine is how many bytes of one line are quoted.
const maxSnippetLine = 400

// snippet quotes the lines that a range is on, without what is hidden.
func (ss *sources) snippet(s *source, r hcl.Range) string {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	from := bytes.LastIndexByte(s.bytes[:r.Start.Byte], '\n') + 1
	var lines [][]byte
	for len(lines) < maxSnippet && from <= len(s.bytes) {
		to := len(s.bytes)
		if n := bytes.IndexByte(s.bytes[from:], '\n'); n >= 0 {
			to = from + n
		}
		lines = append(lines, s.quote(span{from, to}))
		if to >= r.End.Byte {
			break
		}
		from = to + 1
	}
	return string(bytes.ToValidUTF8(bytes.Join(lines, []byte("\n")), []byte("\uFFFD")))
}

// quote copies one line and masks what is hidden in it.
func (s *source) quote(line span) []byte {
	var out []byte
	at := line.from
	for _, h := range s.hidden {
		if h.to <= at || h.from >= line.to {
			continue
		}
		out = append(out, s.bytes[at:max(at, h.from)]...)
		out = append(out, secretMask...)
		at = min(h.to, line.to)
	}
	out = append(out, s.bytes[at:line.to]...)
	more := ""
	if len(out) > maxSnippetLine {
		out, more = out[:maxSnippetLine:maxSnippetLine], "..."
	}
	return append(bytes.TrimSuffix(maskNamed(out), []byte("\r")), more...)
}

// hideAfter hides what stands behind a name: the rest of the line after the
// sign between them.
func (ss *sources) hideAfter(name hcl.Range) {
	s := ss.find(name.Filename)
	if s == nil || !name.CanSliceBytes(s.bytes) {
		return
	}
	rest := s.bytes[name.End.Byte:]
	if end := bytes.IndexByte(rest, '\n'); end >= 0 {
		rest = rest[:end]
	}
	value := bytes.TrimLeft(rest, " \t=:")
	r := name
	r.Start.Byte = name.End.Byte + len(rest) - len(value)
	r.End.Byte = r.Start.Byte + len(value)
	ss.hide(r)
}

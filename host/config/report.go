package config

import (
	"cmp"
	"fmt"
	"slices"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// maxDiagnostics is how many of one stage are given; a for_each may multiply
// one mistake by a hundred thousand.
const maxDiagnostics = 1000

// wrong makes an error that points at a range.
func wrong(r hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError,
		Summary:  summary,
		Detail:   fmt.Sprintf(format, args...),
		Subject:  &r,
	}
}

// odd is wrong, but a warning.
func odd(r hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	d := wrong(r, summary, format, args...)
	d.Severity = hcl.DiagWarning
	return d
}

// within says in which evaluation diagnostics arose, unless they know better,
// so that they can name the key of a for_each.
func within(ctx *hcl.EvalContext, diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		if d.EvalContext == nil {
			d.EvalContext = ctx
		}
	}
	return diags
}

// attributePath is the Extra of a diagnostic about a value inside a block.
type attributePath string

// report turns diagnostics into those of the API: with source, in order, each
// once.
func (ss *sources) report(list hcl.Diagnostics) Diagnostics {
	for _, d := range list {
		explain(d)
	}
	// The same mistake under several keys of a for_each is one.
	list = slices.Clone(list)
	slices.SortStableFunc(list, byPlace)
	list = slices.CompactFunc(list, func(a, b *hcl.Diagnostic) bool { return byPlace(a, b) == 0 })
	var out Diagnostics
	left := map[hcl.DiagnosticSeverity]int{hcl.DiagError: maxDiagnostics, hcl.DiagWarning: maxDiagnostics}
	for _, d := range list {
		if left[d.Severity]--; left[d.Severity] >= 0 {
			out = append(out, ss.diagnostic(d))
		}
	}
	return append(out, more(left)...)
}

// more tells how many diagnostics were left out.
func more(left map[hcl.DiagnosticSeverity]int) Diagnostics {
	var out Diagnostics
	if n := -left[hcl.DiagError]; n > 0 {
		out = append(out, Diagnostic{Severity: schema.Error, Summary: fmt.Sprintf("%d more errors are not shown", n)})
	}
	if n := -left[hcl.DiagWarning]; n > 0 {
		out = append(out, Diagnostic{Severity: schema.Warning, Summary: fmt.Sprintf("%d more warnings are not shown", n)})
	}
	return out
}

func byPlace(a, b *hcl.Diagnostic) int {
	var at, bt hcl.Range
	if a.Subject != nil {
		at = *a.Subject
	}
	if b.Subject != nil {
		bt = *b.Subject
	}
	return cmp.Or(cmp.Compare(at.Filename, bt.Filename), cmp.Compare(at.Start.Byte, bt.Start.Byte), cmp.Compare(at.End.Byte, bt.End.Byte),
		cmp.Compare(a.Summary, b.Summary), cmp.Compare(a.Detail, b.Detail))
}

func (ss *sources) diagnostic(d *hcl.Diagnostic) Diagnostic {
	out := Diagnostic{Severity: schema.Error, Summary: ss.secrets.redact(d.Summary), Detail: ss.secrets.redact(d.Detail)}
	if d.Severity == hcl.DiagWarning {
		out.Severity = schema.Warning
	}
	if path, ok := d.Extra.(attributePath); ok {
		out.Path = string(path)
	}
	if d.Subject == nil {
		return out
	}
	out.File, out.Start, out.End = d.Subject.Filename, position(d.Subject.Start), position(d.Subject.End)
	s := ss.find(out.File)
	if s == nil || !d.Subject.CanSliceBytes(s.bytes) {
		return out
	}
	out.Snippet = ss.snippet(s, *d.Subject)
	out.Context = ss.secrets.redact(s.context(d))
	return out
}

func position(p hcl.Pos) Position {
	return Position{Line: p.Line, Column: p.Column, Byte: p.Byte}
}

// context names the block of a diagnostic, and the key of its for_each.
func (s *source) context(d *hcl.Diagnostic) string {
	var block string
	if nav, ok := s.file.Nav.(interface{ ContextString(offset int) string }); ok {
		block = nav.ContextString(d.Subject.Start.Byte)
	}
	if key, ok := eachKey(d.EvalContext); ok {
		return fmt.Sprintf("%s with each.key = %q", block, key)
	}
	return block
}

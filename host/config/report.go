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
	var out Diagnostics
	seen := make(map[Diagnostic]bool)
	for _, d := range list {
		r := ss.diagnostic(d)
		once := r
		once.Context = "" // the same mistake under another key
		if !seen[once] {
			seen[once] = true
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, byPlace)
	if n := len(out) - maxDiagnostics; n > 0 {
		out = append(out[:maxDiagnostics], Diagnostic{
			Severity: schema.Error,
			Summary:  fmt.Sprintf("%d more problems are not shown", n),
		})
	}
	return out
}

func byPlace(a, b Diagnostic) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Start.Byte, b.Start.Byte),
		cmp.Compare(a.Summary, b.Summary), cmp.Compare(a.Detail, b.Detail))
}

func (ss *sources) diagnostic(d *hcl.Diagnostic) Diagnostic {
	explain(d)
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

package config

import (
	"errors"

	"butlerd/host/schedule"

	"github.com/hashicorp/hcl/v2"
)

// checkCron checks the i-th cron line of a draft, and says what is wrong or odd
// below the very part of it.
func (l *loader) checkCron(d *draft, i int, line string) hcl.Diagnostics {
	spec, err := l.specs.Get(schedule.Timing{Cron: line, Timezone: d.definition.Timezone})
	if err != nil {
		return hcl.Diagnostics{d.badCron(err, i, line)}
	}
	return l.oddities(spec, textAt(d.at.content, "cron", i, d.at.ctx, d.at.block.DefRange))
}

// badCron places what the parser found.
func (d *draft) badCron(err error, i int, line string) *hcl.Diagnostic {
	at := d.at.block.DefRange
	var pe *schedule.ParseError
	if a := d.at.content.Attributes["cron"]; a != nil {
		e := textExpr(a.Expr, i)
		if at = e.Range(); errors.As(err, &pe) {
			at = d.at.block.source.part(e, line, pe.Offset, pe.Length)
		}
	}
	return wrong(at, "Invalid cron expression", "%s.", sentence(err))
}

// oddities are the warnings about a spec, once for each place: a for_each makes
// the same ones many times, and finding clock changes takes time.
func (l *loader) oddities(spec *schedule.Spec, at hcl.Range) hcl.Diagnostics {
	this := oddity{spec, at}
	if l.warned[this] {
		return nil
	}
	if l.warned == nil {
		l.warned = make(map[oddity]bool)
	}
	l.warned[this] = true
	var diags hcl.Diagnostics
	for _, text := range spec.Warnings() {
		diags = append(diags, odd(at, "Odd schedule", "%s.", sentence(errors.New(text))))
	}
	return diags
}

// oddity is a spec at a place.
type oddity struct {
	spec *schedule.Spec
	at   hcl.Range
}

// part is the range of a part of a text within the literal that it is written
// as. Of what is not a plain literal, or not in ASCII up to there, it is the
// whole expression.
func (s *source) part(e hcl.Expression, text string, offset, length int) hcl.Range {
	r := e.Range()
	plain := r.CanSliceBytes(s.bytes) && string(r.SliceBytes(s.bytes)) == `"`+text+`"`
	if !plain || length <= 0 || offset < 0 || offset+length > len(text) || !ascii(text[:offset+length]) {
		return r
	}
	r.Start.Byte += 1 + offset
	r.Start.Column += 1 + offset
	r.End = r.Start
	r.End.Byte += length
	r.End.Column += length
	return r
}

func ascii(text string) bool {
	for _, r := range text {
		if r >= 0x80 {
			return false
		}
	}
	return true
}

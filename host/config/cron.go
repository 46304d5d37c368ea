package config

import (
	"errors"

	"butlerd/host/schedule"

	"github.com/hashicorp/hcl/v2"
)

// checkCron checks when a draft fires, and says what is wrong or odd below the
// very part of the expression.
func (l *loader) checkCron(d *draft) hcl.Diagnostics {
	def, content := &d.definition, d.at.content
	cron := written(content, "cron", d.at.block.DefRange)
	if def.Timezone == "" {
		return hcl.Diagnostics{wrong(cron, "Missing time zone",
			"Set timezone here, or once for all schedules in the host block, to an IANA name such as \"Europe/Stockholm\" or \"UTC\".")}
	}
	spec, err := l.specs.Get(def.Cron, def.Timezone)
	if err == nil {
		return l.oddities(spec, cron)
	}
	diags := d.badCron(err, cron)
	// The expression is looked at first, and hides what is wrong with the zone.
	if _, zoneErr := l.specs.Get("@daily", def.Timezone); zoneErr != nil && zoneErr.Error() != err.Error() {
		diags = append(diags, d.badCron(zoneErr, cron)...)
	}
	return diags
}

// badCron places what the parser found.
func (d *draft) badCron(err error, cron hcl.Range) hcl.Diagnostics {
	content := d.at.content
	var pe *schedule.ParseError
	switch {
	case !errors.As(err, &pe):
		return hcl.Diagnostics{wrong(cron, "Invalid cron expression", "%s.", sentence(err))}
	case pe.Zone:
		return hcl.Diagnostics{wrong(written(content, "timezone", cron), "Invalid time zone", "%s.", sentence(err))}
	}
	if a := content.Attributes["cron"]; a != nil {
		cron = d.at.block.source.part(a.Expr, d.definition.Cron, pe.Offset, pe.Length)
	}
	return hcl.Diagnostics{wrong(cron, "Invalid cron expression", "%s.", sentence(err))}
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

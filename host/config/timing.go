package config

import (
	"slices"
	"time"

	"butlerd/host/schedule"

	"github.com/hashicorp/hcl/v2"
)

// The bounds of timings.
const (
	maxCrons  = 64
	minJitter = time.Second
	maxJitter = day - time.Second
)

// timing evaluates when a draft fires. One cron line and nothing else is kept as
// what it always was, so that the meaning of such a schedule stays the same.
func (b *drafting) timing(d *draft, m members) hcl.Diagnostics {
	content, ctx := d.at.content, d.at.ctx
	if diags := b.inZone(d); diags.HasErrors() {
		return diags
	}
	crons, diags := texts(content, "cron", ctx)
	at, found := texts(content, "at", ctx)
	diags = append(diags, found...)
	switch {
	case diags.HasErrors():
	case len(crons) == 0 && len(at) == 0:
		d.never = true // which is right if another schedule starts it
	case len(crons) > maxCrons:
		return append(diags, wrong(written(content, "cron", d.at.block.DefRange), "Too many cron lines",
			"There are %d; at most %d are allowed.", len(crons), maxCrons))
	}
	more := schedule.More{At: at, Jitter: m.duration("jitter")}
	if len(crons) > 0 {
		d.definition.Cron, more.Crons = crons[0], slices.Clone(crons[1:])
	}
	for i, line := range crons {
		diags = append(diags, b.checkCron(d, i, line)...)
	}
	diags = append(diags, b.single(d, at)...)
	diags = append(diags, b.bounds(d, m, &more)...)
	diags = append(diags, d.jitter(m)...)
	diags = append(diags, b.calendarsOf(d, m, &more)...)
	if !empty(more) {
		d.definition.More = &more
	}
	if d.never && d.definition.More != nil {
		d.never = false
		diags = append(diags, d.neverDue("What limits or moves firings has nothing to work on: set cron or at, which say when it is due."))
	}
	if diags.HasErrors() {
		return diags
	}
	return append(diags, b.compile(d)...)
}

// neverDue is an error about a draft that has no instants.
func (d *draft) neverDue(detail string) *hcl.Diagnostic {
	content := d.at.content
	return wrong(written(content, "cron", written(content, "at", content.MissingItemRange)), "Never due", "%s", detail)
}

// empty says whether there is nothing beside a cron line.
func empty(m schedule.More) bool {
	return len(m.Crons) == 0 && len(m.At) == 0 && m.StartsAt == nil && m.EndsAt == nil && m.Jitter == 0 &&
		len(m.Calendars) == 0 && len(m.Exclude) == 0 && m.Shift == ""
}

// inZone checks the time zone of a draft.
func (b *drafting) inZone(d *draft) hcl.Diagnostics {
	content := d.at.content
	at := written(content, "cron", written(content, "at", d.at.block.DefRange))
	if d.definition.Timezone == "" {
		return hcl.Diagnostics{wrong(at, "Missing time zone",
			"Set timezone here, or once for all schedules in the host block, to an IANA name such as \"Europe/Stockholm\" or \"UTC\".")}
	}
	if _, err := b.specs.Get(daily(d.definition.Timezone)); err != nil {
		return hcl.Diagnostics{wrong(written(content, "timezone", at), "Invalid time zone", "%s.", sentence(err))}
	}
	return nil
}

// daily is a timing by which a time zone is loaded and checked.
func daily(zone string) schedule.Timing { return schedule.Timing{Cron: "@daily", Timezone: zone} }

// location is the time zone of a draft, which was checked.
func (b *drafting) location(d *draft) *time.Location {
	if s, err := b.specs.Get(daily(d.definition.Timezone)); err == nil {
		return s.Location()
	}
	return time.UTC
}

func (d *draft) jitter(m members) hcl.Diagnostics {
	content, at := d.at.content, d.at.block.DefRange
	diags := m.between(content, "jitter", minJitter, maxJitter, at)
	if m.duration("jitter")%time.Second != 0 && !diags.HasErrors() {
		diags = append(diags, wrong(written(content, "jitter", at), "Not in whole seconds", "\"jitter\" needs whole seconds, such as \"90s\"."))
	}
	return diags
}

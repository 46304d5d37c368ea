package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// maxChain is how many runs of others one run may lead to. A few schedules that each
// start two others, which start the same ones, would otherwise lead to more than any
// machine can run.
const maxChain = 1000

// chains checks what schedules start, when all schedules are known.
func (b *drafting) chains() hcl.Diagnostics {
	c := chaining{drafts: make(map[string]*draft), started: make(map[string]bool), states: make(map[string]*link)}
	for _, d := range b.drafts {
		if id := d.definition.ID; c.drafts[id] == nil {
			c.drafts[id] = d
		}
	}
	b.unknownStarts(&c)
	for _, d := range b.drafts {
		if len(d.starts) > 0 {
			c.follow(d)
		}
	}
	b.neverStarted(&c)
	b.neverDue(&c)
	return c.diags
}

// unknownStarts reports starts of schedules that there are not.
func (b *drafting) unknownStarts(c *chaining) {
	var names []string
	for _, d := range b.drafts {
		for _, s := range d.starts {
			c.started[s.id] = true
			if _, known := b.ids[s.id]; known {
				continue
			}
			if names == nil {
				names = slices.Sorted(maps.Keys(b.ids))
			}
			if len(c.diags) > maxHints {
				names = []string{""} // looking for near ones takes time
			}
			d.broken = true
			c.fail(d, unknownName(s.at, "schedule", s.id, names))
		}
	}
}

// maxHints is for how many mistakes of a kind the nearest name is looked for, where
// there may be very many names.
const maxHints = 20

// neverStarted reports schedules without cron and at that no other starts. What is
// wrong with others may hide that they do: but a mistake in this one is told all the same.
func (b *drafting) neverStarted(c *chaining) {
	for _, d := range b.drafts {
		if d.never && !d.broken && !c.started[d.definition.ID] {
			c.fail(d, d.neverDue("A schedule needs cron = \"...\" or at = \"...\", which say when it is due, or another schedule that starts it with start = [\""+
				d.definition.ID+"\"], and there is none."))
		}
	}
}

// neverDue warns of schedules that have no instant to come and that no other starts.
func (b *drafting) neverDue(c *chaining) {
	for _, d := range b.drafts {
		if !d.silent || d.broken || c.started[d.definition.ID] {
			continue
		}
		if d.definition.Cron == "" && d.definition.More.EndsAt == nil {
			continue // each of its times is reported as past
		}
		at := written(d.at.content, "cron", written(d.at.content, "at", d.at.block.DefRange))
		warning := odd(at, "Never due", "With its calendars, starts_at and ends_at no firing is to come, and no other schedule starts it.")
		c.diags = append(c.diags, within(d.at.ctx, hcl.Diagnostics{warning})...)
	}
}

// link is a schedule as part of chains.
type link struct {
	state int
	runs  int // of others that one of its runs leads to
}

type chaining struct {
	drafts  map[string]*draft
	started map[string]bool
	states  map[string]*link
	ring    []string // those underway, outermost first
	diags   hcl.Diagnostics
}

func (c *chaining) fail(d *draft, e *hcl.Diagnostic) {
	d.broken = true
	c.diags = append(c.diags, within(d.at.ctx, hcl.Diagnostics{e})...)
}

// follow goes along all that a draft starts.
func (c *chaining) follow(d *draft) *link {
	id := d.definition.ID
	if l := c.states[id]; l != nil {
		return l
	}
	l := &link{state: underway}
	c.states[id] = l
	c.ring = append(c.ring, id)
	for _, s := range d.starts {
		other := c.drafts[s.id]
		switch {
		case other == nil:
			continue // reported
		case len(c.ring) > maxChain:
			c.fail(d, wrong(s.at, "Chain too long", "More than %d schedules start one another.", maxChain))
			continue
		}
		next := c.follow(other)
		if next.state == underway {
			ring := append(slices.Clone(c.ring[slices.Index(c.ring, s.id):]), s.id)
			c.fail(d, wrong(s.at, "Schedules start each other", "With this they would run again and again: %s.", strings.Join(ring, " -> ")))
			continue
		}
		l.runs = min(l.runs+1+next.runs, maxChain+1)
	}
	c.ring = c.ring[:len(c.ring)-1]
	if l.state = done; l.runs > maxChain {
		c.fail(d, wrong(d.starts[0].at, "Too many follow-ups", "One run of %q would lead to more than %d runs of others.", id, maxChain))
		l.runs = 0 // what starts this one need not be told the same
	}
	return l
}

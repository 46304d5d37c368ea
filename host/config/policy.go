package config

import (
	"time"

	"butlerd/host/schedule"
	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// The bounds of policies.
const (
	maxQueue       = 1000
	maxPriority    = 1000
	maxExpected    = 31 * day
	minWithin      = time.Second
	maxWithin      = 31 * day
	maxCatchUp     = 1000
	maxAttempts    = 100
	minBackoff     = time.Millisecond
	maxBackoff     = 31 * day
	usualBackoff   = time.Hour // that waits grow up to when max_backoff is not said
	usualQueue     = 1
	usualCatchUp   = 100
	usualCatchTime = day
)

func catchUpGrammar() grammar {
	return grammar{shape: ownShape(schema.Body{Attributes: []schema.Attribute{
		{Name: "mode", Type: schema.String, Required: true, Enum: []string{"none", "last", "all"}},
		{Name: "within", Type: schema.Duration},
		{Name: "limit", Type: schema.Integer},
	}})}
}

// policies evaluates what says how the runs of a draft are handled.
func (b *drafting) policies(d *draft, m members) hcl.Diagnostics {
	content, at := d.at.content, d.at.block.DefRange
	pool, diags := b.pool(m, content, at)
	d.definition.Pool = pool
	diags = append(diags, d.queue(m)...)
	diags = append(diags, m.within(content, "priority", -maxPriority, maxPriority, at)...)
	diags = append(diags, m.between(content, "expected_duration", time.Millisecond, maxExpected, at)...)
	diags = append(diags, b.catchUp(d)...)
	return append(diags, b.retry(d, m)...)
}

// queue evaluates how many runs may wait for the end of one.
func (d *draft) queue(m members) hcl.Diagnostics {
	content, at := d.at.content, d.at.block.DefRange
	queues := d.definition.Overlap == schedule.OverlapQueue
	_, set := m.get("queue_limit")
	switch {
	case !queues && set:
		return hcl.Diagnostics{wrong(written(content, "queue_limit", at), "Nothing queues",
			"\"queue_limit\" needs overlap = \"queue\"; with %q no run waits for the end of another.", d.definition.Overlap)}
	case !queues:
		return nil
	case !set:
		d.definition.QueueLimit = usualQueue
		return nil
	}
	d.definition.QueueLimit = m.number("queue_limit")
	return m.within(content, "queue_limit", 1, maxQueue, at)
}

// catchUp evaluates the catch_up block of a draft; without one, and with the mode
// none, nothing is caught up.
func (b *drafting) catchUp(d *draft) hcl.Diagnostics {
	k, diags := b.nested(d, "catch_up")
	if k == nil {
		return diags
	}
	mode := schedule.CatchUpMode(k.text("mode"))
	if mode == schedule.CatchUpNone {
		for _, name := range []string{"within", "limit"} {
			if _, set := k.get(name); set {
				diags = append(diags, wrong(written(k.content, name, k.at), "Nothing is caught up",
					"With mode = \"none\" %q has no meaning. Remove it, or set mode to \"last\" or \"all\".", name))
			}
		}
		return diags
	}
	c := schedule.CatchUp{Mode: mode, Within: usualCatchTime, Limit: usualCatchUp}
	if _, set := k.get("within"); set {
		c.Within = k.duration("within")
	}
	if _, set := k.get("limit"); set {
		c.Limit = k.number("limit")
	}
	d.definition.CatchUp = &c
	diags = append(diags, k.between(k.content, "within", minWithin, maxWithin, k.at)...)
	return append(diags, k.within(k.content, "limit", 1, maxCatchUp, k.at)...)
}

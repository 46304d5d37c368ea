package config

import (
	"encoding/json"
	"time"

	"butlerd/host/schedule"
	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// A placement waits for a host at least and at most this long.
const (
	minWait = time.Second
	maxWait = 24 * time.Hour
)

func placementGrammar() grammar {
	wait, _ := json.Marshal(short(schedule.DefaultWait))
	return grammar{shape: ownShape(schema.Body{Attributes: []schema.Attribute{
		{Name: "labels", Type: schema.MapOf(schema.String), Required: true},
		{Name: "wait", Type: schema.Duration, Default: wait},
	}})}
}

// placement evaluates the placement block of a draft; without one the schedule
// runs on any host.
func (b *drafting) placement(d *draft) hcl.Diagnostics {
	p, diags := b.nested(d, "placement")
	if p == nil {
		return diags
	}
	d.definition.Placement = &schedule.Placement{Labels: p.table("labels"), Wait: p.duration("wait")}
	if len(d.definition.Placement.Labels) == 0 {
		diags = append(diags, wrong(written(p.content, "labels", p.at), "No labels",
			"A placement needs at least one label. A schedule that may run on every host needs no placement block."))
	}
	diags = append(diags, checkLabels(d.definition.Placement.Labels, p.content, d.at.ctx)...)
	return append(diags, p.between(p.content, "wait", minWait, maxWait, p.at)...)
}

package config

import (
	"time"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// check checks the texts of a draft.
func (d *draft) check(m members) hcl.Diagnostics {
	content, label := d.at.content, d.at.block.labelRange()
	var diags hcl.Diagnostics
	text := func(attribute, reason string) {
		if reason != "" {
			diags = append(diags, wrong(written(content, attribute, label), "Invalid "+attribute, "The %s of a schedule %s.", attribute, reason))
		}
	}
	text("id", badName(d.definition.ID))
	if content.Attributes["name"] != nil {
		text("name", badText(d.definition.Name))
	}
	for i, tag := range d.definition.Tags {
		if reason := badText(tag); reason != "" {
			at := exprAt(content.Attributes["tags"].Expr, schema.Path{i}, d.at.ctx)
			diags = append(diags, wrong(at, "Invalid tag", "A tag %s.", reason))
		}
	}
	diags = append(diags, d.created(m)...)
	return append(diags, m.atLeast(content, "timeout", 0, label)...)
}

// created evaluates when the schedule was made, where another program made it.
func (d *draft) created(m members) hcl.Diagnostics {
	if _, set := m.get("created"); !set {
		return nil
	}
	t, err := time.Parse(time.RFC3339, m.text("created"))
	if t = t.UTC(); err != nil || t.Year() < 1 || t.Year() > 9999 {
		return hcl.Diagnostics{wrong(written(d.at.content, "created", d.at.block.DefRange), "Invalid time",
			"\"created\" must be a time in RFC 3339, such as \"2026-01-01T00:00:00Z\".")}
	}
	d.definition.Created = &t
	return nil
}

// claim makes sure that the id is the only one of its kind.
func (b *drafting) claim(d *draft) hcl.Diagnostics {
	at := written(d.at.content, "id", d.at.block.labelRange())
	id := d.definition.ID
	before, taken := b.ids[id]
	if !taken {
		b.ids[id] = at
		return nil
	}
	if before == at {
		return hcl.Diagnostics{wrong(at, "Duplicate schedule", "Every element of the for_each gets the id %q. Put each.key into it.", id)}
	}
	return hcl.Diagnostics{wrong(at, "Duplicate schedule", "The id %q is taken already, at %s. Each schedule needs its own.", id, place(before))}
}

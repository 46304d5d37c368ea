package config

import (
	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// check checks the texts of a draft.
func (d *draft) check(m members) hcl.Diagnostics {
	content, label := d.at.content, d.at.block.labelRange()
	var diags hcl.Diagnostics
	text := func(attribute, value string) {
		if reason := badName(value); reason != "" {
			diags = append(diags, wrong(written(content, attribute, label), "Invalid "+attribute, "The %s of a schedule %s.", attribute, reason))
		}
	}
	text("id", d.definition.ID)
	if content.Attributes["name"] != nil {
		text("name", d.definition.Name)
	}
	for i, tag := range d.definition.Tags {
		if reason := badName(tag); reason != "" {
			at := exprAt(content.Attributes["tags"].Expr, schema.Path{i}, d.at.ctx)
			diags = append(diags, wrong(at, "Invalid tag", "A tag %s.", reason))
		}
	}
	return append(diags, m.atLeast(content, "timeout", 0, label)...)
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

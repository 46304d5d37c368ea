package config

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// once checks the blocks that a schedule may have one of.
func (b *drafting) once(content *hcl.BodyContent) {
	for _, typ := range slices.Sorted(maps.Keys(b.inner)) {
		list := content.Blocks.OfType(typ)
		if len(list) < 2 {
			continue
		}
		hint := ""
		if typ == "placement" {
			hint = " One block may ask for several labels."
		}
		b.fail(wrong(list[1].DefRange, "Duplicate "+typ+" block", "There is one already, at %s.%s", place(list[0].DefRange), hint))
	}
}

// nested is a block inside of a schedule with its attributes evaluated.
type nested struct {
	members
	content *hcl.BodyContent
	at      hcl.Range
}

// nested evaluates the first block of a type; nil when there is none or it has
// errors.
func (b *drafting) nested(d *draft, typ string) (*nested, hcl.Diagnostics) {
	found := d.at.content.Blocks.OfType(typ)
	if len(found) == 0 {
		return nil, nil
	}
	g := b.inner[typ]
	content, diags := g.content(found[0].Body)
	m, more := g.members(content, d.at.ctx, b.sources)
	if diags = append(diags, more...); diags.HasErrors() {
		return nil, diags
	}
	return &nested{m, content, found[0].DefRange}, diags
}

package config

import (
	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// declaration is where something was declared, for what is found wrong with it
// after loading.
type declaration struct {
	sources *sources
	block   block
	content *hcl.BodyContent
	ctx     *hcl.EvalContext
}

// error is an error about one of its attributes or blocks, or about the whole.
func (d *declaration) error(name, summary, detail string) Diagnostics {
	at := written(d.content, name, d.block.DefRange)
	if found := d.content.Blocks.OfType(name); len(found) > 0 {
		at = found[0].DefRange
	}
	e := wrong(at, summary, "%s", detail)
	return d.sources.report(within(d.ctx, hcl.Diagnostics{e}))
}

// place finds where in the block the values are written that a plugin found
// something about.
func (d *declaration) place(b *hcl.Block, found []schema.Diagnostic) Diagnostics {
	var diags hcl.Diagnostics
	for _, f := range found {
		at := b.DefRange
		guard(&hcl.Diagnostics{}, func() { at = locator{d.ctx}.block(b, f.Path) })
		e := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: f.Summary, Detail: f.Detail, Subject: &at, Extra: attributePath(f.Path.String())}
		if f.Severity == schema.Warning {
			e.Severity = hcl.DiagWarning
		}
		diags = append(diags, e)
	}
	return d.sources.report(within(d.ctx, diags))
}

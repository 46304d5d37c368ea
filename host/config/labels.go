package config

import (
	"maps"
	"slices"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// maxLabels is how many labels a host may have, and a placement may ask for.
// Every host tells its labels to all others with each renewal of its lease.
const maxLabels = 64

// checkLabels checks the labels that the attribute of that name gives, and points
// at the very one that is wrong.
func checkLabels(labels map[string]string, content *hcl.BodyContent, ctx *hcl.EvalContext) hcl.Diagnostics {
	a := content.Attributes["labels"]
	if a == nil {
		return nil
	}
	if len(labels) > maxLabels {
		return hcl.Diagnostics{wrong(a.Expr.Range(), "Too many labels", "There are %d labels; at most %d are allowed.", len(labels), maxLabels)}
	}
	var diags hcl.Diagnostics
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		path := schema.Path{name}
		fail := func(what, reason string) {
			d := wrong(exprAt(a.Expr, path, ctx), "Invalid label", "The %s of a label %s.", what, reason)
			d.Extra = attributePath(schema.Path{"labels"}.With(path...).String())
			diags = append(diags, d)
		}
		if reason := badName(name); reason != "" {
			fail("name", reason)
		}
		if reason := badText(labels[name]); reason != "" {
			fail("value", reason)
		}
	}
	return diags
}

package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// explain says more about a reference that leads nowhere than the library can,
// which does not know what the names mean here.
func explain(d *hcl.Diagnostic) {
	if d.Expression == nil || d.EvalContext == nil {
		return
	}
	switch d.Summary {
	case "Unsupported attribute":
		explainMember(d)
	case "Unknown variable":
		explainRoot(d)
	case "Call to unknown function":
		explainFunction(d)
	}
}

func explainMember(d *hcl.Diagnostic) {
	for _, t := range d.Expression.Variables() {
		root, name, ok := reference(t)
		object, known := lookup(d.EvalContext, root)
		if !ok || !known || !object.Type().IsObjectType() || object.Type().HasAttribute(name) {
			continue
		}
		names := slices.Sorted(maps.Keys(object.Type().AttributeTypes()))
		d.Summary = fmt.Sprintf("Unknown name %s.%s", root, name)
		d.Detail = missing(root, name) + didYouMean(name, names)
		if _, near := nearest(name, names); root == "parent" && !near {
			d.Detail += " It has " + listed(names) + "."
		}
		return
	}
}

func missing(root, name string) string {
	switch root {
	case "var":
		return fmt.Sprintf("No variable %q is declared.", name)
	case "local":
		return fmt.Sprintf("No locals block declares %q.", name)
	case "path":
		if name == "data" {
			return "path.data is known only in plugin and schedule blocks."
		}
	}
	return fmt.Sprintf("There is no %s.%s.", root, name)
}

func explainRoot(d *hcl.Diagnostic) {
	for _, t := range d.Expression.Variables() {
		if _, known := lookup(d.EvalContext, t.RootName()); known {
			continue
		}
		switch t.RootName() {
		case "run":
			d.Detail = "run holds the facts of one attempt, so only an action block can refer to it."
		case "parent":
			d.Detail = "parent holds the facts of the run that a follow-up follows, so only the action blocks in on_success, on_failure, on_end and notify can refer to it."
		case "each":
			d.Detail = "each exists only in a schedule block that has for_each."
		default:
			continue
		}
		return
	}
}

// reference splits a traversal such as var.name.
func reference(t hcl.Traversal) (root, name string, ok bool) {
	if t.IsRelative() || len(t) < 2 {
		return "", "", false
	}
	step, ok := t[1].(hcl.TraverseAttr)
	return t.RootName(), step.Name, ok
}

// lookup finds the value of a root name, as an evaluation does.
func lookup(ctx *hcl.EvalContext, root string) (cty.Value, bool) {
	for ; ctx != nil; ctx = ctx.Parent() {
		if v, ok := ctx.Variables[root]; ok {
			return v, true
		}
	}
	return cty.NilVal, false
}

// explainFunction offers the functions of all scopes; the library looks at
// those of the innermost one only.
func explainFunction(d *hcl.Diagnostic) {
	extra, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallUnknownDiagExtra](d)
	if !ok {
		return
	}
	var names []string
	for ctx := d.EvalContext; ctx != nil; ctx = ctx.Parent() {
		names = slices.AppendSeq(names, maps.Keys(ctx.Functions))
	}
	slices.Sort(names)
	name := extra.CalledFunctionName()
	d.Detail = fmt.Sprintf("There is no function %q.%s", name, didYouMean(name, names))
}

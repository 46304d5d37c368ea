package config

import (
	"fmt"
	"slices"
	"strings"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// maxTexts is how many elements a list has that is read by hand.
const maxTexts = 1000

// texts reads an attribute that is a text or a list of texts: most schedules have
// one cron line, and a list of one is noise. Absent and null give nothing.
func texts(content *hcl.BodyContent, name string, ctx *hcl.EvalContext) ([]string, hcl.Diagnostics) {
	a := content.Attributes[name]
	if a == nil {
		return nil, nil
	}
	v, diags := a.Expr.Value(ctx)
	if diags.HasErrors() {
		return nil, within(ctx, diags)
	}
	list, d := textsOf(a, v, ctx)
	if d != nil {
		diags = append(diags, d)
	}
	return list, within(ctx, diags)
}

func textsOf(a *hcl.Attribute, v cty.Value, ctx *hcl.EvalContext) ([]string, *hcl.Diagnostic) {
	if holdsSecret(v) {
		return nil, secretShown(a)
	}
	if v.IsNull() {
		return nil, nil
	}
	if v.Type() == cty.String && v.IsKnown() {
		return []string{v.AsString()}, nil
	}
	v, err := convert.Convert(v, cty.List(cty.String))
	if err != nil || !v.IsWhollyKnown() {
		return nil, wrong(a.Expr.Range(), "Wrong type", "%q needs a text or a list of texts.", a.Name)
	}
	var list []string
	for i, e := range v.AsValueSlice() {
		if e.IsNull() {
			return nil, wrong(exprAt(a.Expr, schema.Path{i}, ctx), "Null element", "An element of %q must not be null.", a.Name)
		}
		list = append(list, e.AsString())
	}
	if len(list) > maxTexts {
		return nil, wrong(a.Expr.Range(), "Too many elements", "%q has %d elements; at most %d are allowed.", a.Name, len(list), maxTexts)
	}
	return list, nil
}

// secretShown refuses a secret in what is shown.
func secretShown(a *hcl.Attribute) *hcl.Diagnostic {
	return wrong(a.Expr.Range(), "Secret value",
		"%q is shown, but its value comes from env() or from something else that is secret. If it may be seen, write nonsensitive(...) around it.", a.Name)
}

// textAt is where the i-th text of such an attribute is written.
func textAt(content *hcl.BodyContent, name string, i int, ctx *hcl.EvalContext, fallback hcl.Range) hcl.Range {
	a := content.Attributes[name]
	if a == nil {
		return fallback
	}
	return textExpr(a.Expr, i).Range()
}

// textExpr is the expression of the i-th text, as far as the list is written out.
func textExpr(e hcl.Expression, i int) hcl.Expression {
	if list, diags := hcl.ExprList(e); !diags.HasErrors() && i >= 0 && i < len(list) {
		return list[i]
	}
	return e
}

// named reads an attribute that names things that are declared elsewhere, each once.
// The names that are there are asked of known only to say what would be right.
func named(content *hcl.BodyContent, name, what string, known []string, ctx *hcl.EvalContext) ([]string, hcl.Diagnostics) {
	list, diags := texts(content, name, ctx)
	for i, given := range list {
		at := textAt(content, name, i, ctx, hcl.Range{})
		switch {
		case !slices.Contains(known, given):
			diags = append(diags, unknownName(at, what, given, known))
		case slices.Index(list, given) < i:
			diags = append(diags, wrong(at, "Duplicate name", "The %s %q is in the list already.", what, given))
		}
	}
	return list, within(ctx, diags)
}

// unknownName says that nothing of the kind has the name, and what would be right.
func unknownName(at hcl.Range, what, given string, known []string) *hcl.Diagnostic {
	hint := didYouMean(given, known)
	switch {
	case hint == "" && len(known) == 0:
		hint = fmt.Sprintf(" Declare it in a block %s %q.", strings.Fields(what)[0], given)
	case hint == "" && len(known) <= maxListed:
		hint = " There are: " + listed(known) + "."
	}
	return wrong(at, "Unknown "+what, "No %s %q is declared.%s", what, given, hint)
}

// maxListed is how many names a message lists at most.
const maxListed = 20

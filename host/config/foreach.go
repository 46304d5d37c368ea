package config

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// instance is one of the schedules that a block makes.
type instance struct {
	id  string // unless an attribute says otherwise
	ctx *hcl.EvalContext
}

// instances are the schedules of a block: one, or one for each element of its
// for_each in the order of the keys.
func (l *loader) instances(k block, content *hcl.BodyContent) ([]instance, hcl.Diagnostics) {
	ctx := l.scope.of(k.source)
	a := content.Attributes["for_each"]
	if a == nil {
		return []instance{{k.label(), ctx}}, nil
	}
	v, diags := a.Expr.Value(ctx)
	if diags.HasErrors() {
		return nil, diags
	}
	elements, reason := eachOf(v)
	if reason != "" {
		return nil, hcl.Diagnostics{wrong(a.Expr.Range(), "Invalid for_each", "%s", reason)}
	}
	list := make([]instance, 0, len(elements))
	for _, key := range slices.Sorted(maps.Keys(elements)) {
		list = append(list, instance{k.label() + "." + key, eachScope(ctx, key, elements[key])})
	}
	return list, nil
}

// eachOf takes the value of a for_each apart, or says why it cannot.
func eachOf(v cty.Value) (elements map[string]cty.Value, reason string) {
	t := v.Type()
	switch {
	case v.IsMarked():
		return nil, "The keys become ids, which are shown, but they come from a secret. If they may be seen, write nonsensitive(...) around it."
	case v.IsNull() || !v.IsKnown():
		return nil, "for_each must not be null."
	case t.IsMapType() || t.IsObjectType():
		return v.AsValueMap(), ""
	case t.IsSetType() && t.ElementType() == cty.String:
		return eachOfSet(v)
	case t.IsTupleType() || t.IsListType():
		return nil, "for_each needs a map or a set of strings. For a list of strings write toset(...) around it."
	}
	return nil, "for_each needs a map or a set of strings."
}

func eachOfSet(v cty.Value) (map[string]cty.Value, string) {
	elements := make(map[string]cty.Value)
	for _, e := range v.Elements() {
		if e.IsNull() || !e.IsKnown() {
			return nil, "An element of for_each must not be null."
		}
		elements[e.AsString()] = e
	}
	return elements, ""
}

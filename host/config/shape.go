package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/json"
)

// shape is a schema made ready to decode bodies with.
type shape struct {
	schema schema.Body
	spec   hcldec.Spec
	own    bool // of this package, not of a plugin
}

// newShape makes a shape. The error is about the schema, so it is a mistake of
// the plugin's author.
func newShape(s schema.Body) (*shape, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	spec, err := objectSpec(s)
	if err != nil {
		return nil, err
	}
	return &shape{schema: s, spec: spec}, nil
}

func objectSpec(s schema.Body) (hcldec.ObjectSpec, error) {
	spec := make(hcldec.ObjectSpec)
	for _, a := range s.Attributes {
		one, err := attributeSpec(a)
		if err != nil {
			return nil, err
		}
		spec[a.Name] = one
	}
	for _, k := range s.Blocks {
		nested, err := objectSpec(k.Body)
		if err != nil {
			return nil, err
		}
		spec[k.Name] = blockSpec(k, nested)
	}
	return spec, nil
}

func attributeSpec(a schema.Attribute) (hcldec.Spec, error) {
	t := valueType(a.Type)
	spec := &hcldec.AttrSpec{Name: a.Name, Type: t, Required: a.Required}
	if a.Default == nil {
		return spec, nil
	}
	v, err := json.Unmarshal(a.Default, t)
	if err != nil {
		return nil, fmt.Errorf("default of %s: %w", a.Name, err)
	}
	return &hcldec.DefaultSpec{Primary: spec, Default: &hcldec.LiteralSpec{Value: v}}, nil
}

func blockSpec(k schema.Block, nested hcldec.Spec) hcldec.Spec {
	if k.Nesting == schema.Single {
		return &hcldec.BlockSpec{TypeName: k.Name, Nested: nested, Required: k.Min > 0}
	}
	return &hcldec.BlockListSpec{TypeName: k.Name, Nested: nested, MinItems: k.Min, MaxItems: k.Max}
}

// valueType is the type of values of an attribute. A duration travels as text.
func valueType(t schema.Type) cty.Type {
	switch t {
	case schema.String, schema.Duration:
		return cty.String
	case schema.Bool:
		return cty.Bool
	case schema.Integer, schema.Number:
		return cty.Number
	}
	kind, elem, _ := t.Elem()
	if kind == "list" {
		return cty.List(valueType(elem))
	}
	return cty.Map(valueType(elem))
}

// bodySchema is what the library has to know of a schema to take a body apart.
func bodySchema(s schema.Body) *hcl.BodySchema {
	out := &hcl.BodySchema{}
	for _, a := range s.Attributes {
		out.Attributes = append(out.Attributes, hcl.AttributeSchema{Name: a.Name, Required: a.Required})
	}
	for _, k := range s.Blocks {
		out.Blocks = append(out.Blocks, hcl.BlockHeaderSchema{Type: k.Name})
	}
	return out
}

// decode types a body by the shape. The value is an object with every member
// of the schema; secrets in it are marked.
func (sh *shape) decode(b hcl.Body, ctx *hcl.EvalContext, ss *sources) (cty.Value, hcl.Diagnostics) {
	v, diags := hcldec.Decode(b, sh.spec, ctx)
	sh.hideUnknown(diags, ss)
	r := reviewer{sources: ss, ctx: ctx, days: sh.own}
	v = r.body(b, sh.schema, v)
	return v, within(ctx, append(diags, r.diags...))
}

// decodeDynamic is decode for the bodies of plugins, in which dynamic blocks
// may stand.
func (sh *shape) decodeDynamic(b hcl.Body, ctx *hcl.EvalContext, ss *sources) (cty.Value, hcl.Diagnostics) {
	return sh.decode(dynblock.Expand(b, ctx), ctx, ss)
}

// hideUnknown hides what attributes are set to that the schema does not know,
// if the name may be that of a secret, mistyped.
func (sh *shape) hideUnknown(diags hcl.Diagnostics, ss *sources) {
	if len(diags) == 0 {
		return
	}
	names := attributeNames(sh.schema, nil)
	if !slices.Contains(slices.Collect(maps.Values(names)), true) {
		return
	}
	for _, d := range diags {
		if d.Summary != "Unsupported argument" && d.Summary != "Extraneous JSON object property" || d.Subject == nil {
			continue
		}
		given := strings.Trim(string(ss.slice(*d.Subject)), `"`)
		if near, found := nearest(given, slices.Sorted(maps.Keys(names))); !found || names[near] {
			ss.hideAfter(*d.Subject)
		}
	}
}

// attributeNames are the names of all attributes, and whether they are
// sensitive.
func attributeNames(s schema.Body, names map[string]bool) map[string]bool {
	if names == nil {
		names = make(map[string]bool)
	}
	for _, a := range s.Attributes {
		names[a.Name] = names[a.Name] || a.Sensitive
	}
	for _, k := range s.Blocks {
		attributeNames(k.Body, names)
	}
	return names
}

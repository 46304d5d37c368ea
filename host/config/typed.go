package config

import (
	"math"
	"time"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// taken is a body whose content was taken already, so that part of it can be
// decoded by a schema and part by hand.
type taken struct{ *hcl.BodyContent }

func (t taken) Content(*hcl.BodySchema) (*hcl.BodyContent, hcl.Diagnostics) {
	return t.BodyContent, nil
}

func (t taken) PartialContent(*hcl.BodySchema) (*hcl.BodyContent, hcl.Body, hcl.Diagnostics) {
	return t.BodyContent, t, nil
}

func (t taken) JustAttributes() (hcl.Attributes, hcl.Diagnostics) { return t.Attributes, nil }

func (t taken) MissingItemRange() hcl.Range { return t.BodyContent.MissingItemRange }

// grammar is what one of our own blocks may hold.
type grammar struct {
	*shape
	// blocks are those that are read by hand.
	blocks []hcl.BlockHeaderSchema
	// raw are attributes that are read by hand.
	raw []string
	// secret are the attributes that may be secret. All others are shown
	// somewhere: in the API, in logs, in the list of processes.
	secret []string
}

// content takes a body apart.
func (g grammar) content(b hcl.Body) (*hcl.BodyContent, hcl.Diagnostics) {
	s := bodySchema(g.schema)
	s.Blocks = append(s.Blocks, g.blocks...)
	for _, name := range g.raw {
		s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: name})
	}
	return b.Content(s)
}

// members evaluates the attributes of content.
func (g grammar) members(content *hcl.BodyContent, ctx *hcl.EvalContext, ss *sources) (members, hcl.Diagnostics) {
	v, diags := g.decode(taken{content}, ctx, ss)
	all := members(v.AsValueMap())
	for _, a := range g.schema.Attributes {
		written := content.Attributes[a.Name]
		if written == nil || g.mayBeSecret(a.Name) || !holdsSecret(all[a.Name]) {
			continue
		}
		diags = append(diags, within(ctx, hcl.Diagnostics{secretShown(written)})...)
	}
	return all, diags
}

func (g grammar) mayBeSecret(name string) bool {
	for _, s := range g.secret {
		if s == name {
			return true
		}
	}
	return false
}

// members are the attributes of one of our own blocks. They were checked
// against its schema, so that reading one only has to mind null.
type members map[string]cty.Value

func (m members) get(name string) (cty.Value, bool) {
	v, _ := m[name].UnmarkDeep()
	return v, v.IsKnown() && !v.IsNull()
}

func (m members) text(name string) string {
	if v, ok := m.get(name); ok {
		return v.AsString()
	}
	return ""
}

func (m members) flag(name string) bool {
	v, ok := m.get(name)
	return ok && v.True()
}

func (m members) number(name string) int {
	v, ok := m.get(name)
	if !ok {
		return 0
	}
	n, _ := v.AsBigFloat().Int64()
	return int(max(min(n, math.MaxInt32), math.MinInt32))
}

func (m members) duration(name string) time.Duration {
	d, _ := parseDuration(m.text(name)) // checked
	return d
}

func (m members) list(name string) []string {
	v, ok := m.get(name)
	if !ok {
		return nil
	}
	var out []string
	for _, e := range v.Elements() {
		out = append(out, e.AsString())
	}
	return out
}

func (m members) table(name string) map[string]string {
	v, ok := m.get(name)
	if !ok {
		return nil
	}
	out := make(map[string]string)
	for key, e := range v.Elements() {
		out[key.AsString()] = e.AsString()
	}
	return out
}

// written is where an attribute is set, or else the fallback.
func written(content *hcl.BodyContent, name string, fallback hcl.Range) hcl.Range {
	if a := content.Attributes[name]; a != nil {
		return a.Expr.Range()
	}
	return fallback
}

// ownShape is the shape of a schema that is part of this package.
func ownShape(s schema.Body) *shape {
	sh, err := newShape(s)
	if err != nil {
		panic("config: own schema: " + err.Error()) // a test makes each
	}
	sh.own = true
	return sh
}

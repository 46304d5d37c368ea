package config

import (
	"math"
	"math/big"
	"slices"
	"strings"
	"time"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// reviewer goes over a decoded body for what the library does not know of:
// durations, integers, enums, deprecations and secrets.
type reviewer struct {
	sources *sources
	ctx     *hcl.EvalContext
	days    bool // durations may be in days
	diags   hcl.Diagnostics
}

// body reviews the object that was decoded from a body, and returns it with
// its secrets marked. The body was decoded before, so it is asked for content
// without reporting again what does not fit.
func (r *reviewer) body(b hcl.Body, s schema.Body, v cty.Value) cty.Value {
	v, marks := v.Unmark()
	if !v.Type().IsObjectType() || !v.IsKnown() || v.IsNull() {
		return v.WithMarks(marks)
	}
	content, _, _ := b.PartialContent(bodySchema(s))
	members := v.AsValueMap()
	for _, a := range s.Attributes {
		members[a.Name] = r.attribute(content, a, members[a.Name])
	}
	for _, k := range s.Blocks {
		members[k.Name] = r.blocks(content.Blocks.OfType(k.Name), k, members[k.Name])
	}
	if len(members) == 0 {
		return v.WithMarks(marks)
	}
	return cty.ObjectVal(members).WithMarks(marks)
}

func (r *reviewer) blocks(list hcl.Blocks, k schema.Block, v cty.Value) cty.Value {
	if len(list) == 0 || !v.IsKnown() || v.IsNull() {
		return v
	}
	if k.Nesting == schema.Single {
		return r.body(list[0].Body, k.Body, v)
	}
	if v.LengthInt() != len(list) {
		return v // an error was reported
	}
	elems := v.AsValueSlice()
	for i, b := range list {
		elems[i] = r.body(b.Body, k.Body, elems[i])
	}
	return cty.ListVal(elems)
}

func (r *reviewer) attribute(content *hcl.BodyContent, a schema.Attribute, v cty.Value) cty.Value {
	if written := content.Attributes[a.Name]; written != nil {
		r.written(written, a, v)
	}
	if !a.Sensitive || v.IsNull() {
		return v
	}
	r.sources.secrets.addValue(v)
	return secret(v)
}

func (r *reviewer) written(at *hcl.Attribute, a schema.Attribute, v cty.Value) {
	if a.Sensitive && literal(at.Expr) {
		r.sources.hide(at.Expr.Range())
	}
	if a.Deprecated != "" {
		r.diags = append(r.diags, odd(at.NameRange, "Deprecated argument", "%q is deprecated: %s.", a.Name, strings.TrimSuffix(a.Deprecated, ".")))
	}
	if v.IsNull() && a.Required {
		r.diags = append(r.diags, wrong(at.Expr.Range(), "Missing required argument", "%q must not be null.", a.Name))
		return
	}
	v, _ = v.UnmarkDeep()
	c := valueCheck{reviewer: r, attribute: a, expr: at.Expr, quiet: a.Sensitive}
	c.value(a.Type, v, nil)
}

// valueCheck checks the value of one attribute, element by element.
type valueCheck struct {
	*reviewer
	attribute schema.Attribute
	expr      hcl.Expression
	quiet     bool // the value is secret and no hint may depend on it
}

func (c valueCheck) value(t schema.Type, v cty.Value, at schema.Path) {
	if !v.IsKnown() {
		return
	}
	if kind, elem, ok := t.Elem(); ok {
		c.elements(kind, elem, v, at)
		return
	}
	if v.IsNull() {
		if len(at) > 0 {
			c.wrong(at, "Null element", "An element of %q must not be null.", c.attribute.Name)
		}
		return
	}
	switch t {
	case schema.Duration:
		c.duration(v.AsString(), at)
	case schema.Integer, schema.Number:
		c.number(t, v.AsBigFloat(), at)
	case schema.String:
		c.enum(v.AsString(), at)
	}
}

func (c valueCheck) elements(kind string, elem schema.Type, v cty.Value, at schema.Path) {
	if v.IsNull() {
		return
	}
	i := 0
	for key, e := range v.Elements() {
		step := any(i)
		if kind == "map" {
			step = key.AsString()
		}
		c.value(elem, e, at.With(step))
		i++
	}
}

func (c valueCheck) wrong(at schema.Path, summary, format string, args ...any) {
	d := wrong(exprAt(c.expr, at, c.ctx), summary, format, args...)
	d.Extra = attributePath(schema.Path{c.attribute.Name}.With(at...).String())
	c.diags = append(c.diags, d)
}

func (c valueCheck) duration(text string, at schema.Path) {
	parse, units := time.ParseDuration, `"1h30m"; the units are ms, s, m and h`
	if c.days {
		parse, units = parseDuration, `"7d"; the units are ms, s, m, h and d`
	}
	_, err := parse(text)
	switch {
	case text != "" && strings.Trim(text, "0123456789.") == "":
		c.wrong(at, "Duration without a unit", `%q needs a duration with its unit, such as "30s", "10m" or "1h30m".`, c.attribute.Name)
	case err != nil:
		c.wrong(at, "Invalid duration", `%q needs a duration such as "30s", "10m" or %s.`, c.attribute.Name, units)
	}
}

func (c valueCheck) number(t schema.Type, n *big.Float, at schema.Path) {
	if t == schema.Integer {
		if _, exact := n.Int64(); exact != big.Exact {
			c.wrong(at, "Not an integer", "%q needs a whole number of at most 64 bits.", c.attribute.Name)
		}
		return
	}
	if f, _ := n.Float64(); math.IsInf(f, 0) {
		c.wrong(at, "Number too large", "%q needs a number that 64 bits of floating point can hold.", c.attribute.Name)
	}
}

func (c valueCheck) enum(text string, at schema.Path) {
	values := c.attribute.Enum
	if len(values) == 0 || slices.Contains(values, text) {
		return
	}
	hint := ""
	if !c.quiet {
		hint = didYouMean(text, values)
	}
	c.wrong(at, "Value not allowed", "%q must be one of %s.%s", c.attribute.Name, listed(values), hint)
}

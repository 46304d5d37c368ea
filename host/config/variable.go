package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// VarPrefix is what the environment variable of a variable starts with.
const VarPrefix = "BUTLERD_VAR_"

func variableSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
		{Name: "type"}, {Name: "default"}, {Name: "description"}, {Name: "sensitive"},
	}}
}

// variable is a variable block.
type variable struct {
	block
	typ       cty.Type
	optional  *typeexpr.Defaults // of the attributes of an object type
	fallback  *hcl.Attribute     // nil: a value must be given
	sensitive bool
}

// variables gives each declared variable its value.
func (l *loader) variables() hcl.Diagnostics {
	values := make(map[string]cty.Value)
	var names []string
	var diags hcl.Diagnostics
	for _, b := range l.blocks["variable"] {
		names = append(names, b.label())
		v, found := newVariable(b)
		if !found.HasErrors() {
			values[b.label()], found = l.value(v)
		}
		diags = append(diags, found...)
	}
	for _, name := range slices.Sorted(maps.Keys(l.opts.Vars)) {
		if !slices.Contains(names, name) {
			diags = append(diags, unplaced("Unknown variable",
				"A value was given for the variable %q, which is not declared.%s", name, didYouMean(name, names)))
		}
	}
	l.scope.set("var", values)
	return diags
}

func newVariable(b block) (*variable, hcl.Diagnostics) {
	if !hclsyntax.ValidIdentifier(b.label()) {
		return nil, hcl.Diagnostics{wrong(b.labelRange(), "Invalid name",
			"The name of a variable has letters, digits, dashes and underscores, a letter first.")}
	}
	content, diags := b.Body.Content(variableSchema())
	v := &variable{block: b, typ: cty.DynamicPseudoType, fallback: content.Attributes["default"]}
	if a := content.Attributes["type"]; a != nil {
		t, optional, found := typeexpr.TypeConstraintWithDefaults(a.Expr)
		v.typ, v.optional = t, optional
		diags = append(diags, found...)
	}
	if a := content.Attributes["sensitive"]; a != nil {
		flag, found := constant(a, cty.Bool)
		diags = append(diags, found...)
		v.sensitive = !found.HasErrors() && flag.True()
	}
	if a := content.Attributes["description"]; a != nil {
		_, found := constant(a, cty.String)
		diags = append(diags, found...)
	}
	return v, diags
}

// constant evaluates an attribute that can refer to nothing.
func constant(a *hcl.Attribute, t cty.Type) (cty.Value, hcl.Diagnostics) {
	v, diags := a.Expr.Value(nil)
	if diags.HasErrors() {
		return v, diags
	}
	v, err := convert.Convert(v, t)
	if err != nil || v.IsNull() {
		return v, hcl.Diagnostics{wrong(a.Expr.Range(), "Wrong type", "%s must be a %s.", a.Name, t.FriendlyName())}
	}
	return v, nil
}

// value finds the value of a variable: that of the command line, or of the
// environment, or the default.
func (l *loader) value(v *variable) (cty.Value, hcl.Diagnostics) {
	if v.sensitive && v.fallback != nil && literal(v.fallback.Expr) {
		l.sources.hide(v.fallback.Expr.Range())
	}
	got, diags := l.given(v)
	if diags.HasErrors() || !v.sensitive {
		return got, diags
	}
	l.sources.secrets.addValue(got)
	return secret(got), diags
}

func (l *loader) given(v *variable) (cty.Value, hcl.Diagnostics) {
	name := v.label()
	if text, ok := l.opts.Vars[name]; ok {
		return v.parse(text, "the option -var "+name)
	}
	if text, ok := l.opts.env(VarPrefix + name); ok {
		return v.parse(text, "the environment variable "+VarPrefix+name)
	}
	if v.fallback == nil {
		return cty.DynamicVal, hcl.Diagnostics{wrong(v.DefRange, "No value for variable",
			"The variable %q has no default. Give it a value with -var %s=... or in the environment variable %s%s.",
			name, name, VarPrefix, name)}
	}
	got, diags := v.fallback.Expr.Value(nil)
	if diags.HasErrors() {
		return got, diags
	}
	got, err := v.convert(got)
	if err != nil {
		return got, hcl.Diagnostics{wrong(v.fallback.Expr.Range(), "Wrong type",
			"The default of variable %q does not fit its type: %s.", name, err)}
	}
	return got, nil
}

// parse reads a value that was given as text: as it is for a string, as an HCL
// literal for every other type. Errors name the origin and never the value.
func (v *variable) parse(text, origin string) (cty.Value, hcl.Diagnostics) {
	got := cty.StringVal(text)
	if v.typ != cty.String && v.typ != cty.DynamicPseudoType {
		var ok bool
		if got, ok = literalValue(text); !ok {
			return got, hcl.Diagnostics{v.bad(origin, fmt.Sprintf("it is not a literal of type %s", typeexpr.TypeString(v.typ)))}
		}
	}
	got, err := v.convert(got)
	if err != nil {
		return got, hcl.Diagnostics{v.bad(origin, err.Error())}
	}
	return got, nil
}

func (v *variable) bad(origin, reason string) *hcl.Diagnostic {
	return wrong(v.DefRange, "Invalid value for variable", "The value of %q that %s gives is not valid: %s.", v.label(), origin, reason)
}

func (v *variable) convert(got cty.Value) (cty.Value, error) {
	if v.optional != nil && !got.IsNull() {
		got = v.optional.Apply(got)
	}
	return convert.Convert(got, v.typ)
}

// literalValue reads an HCL expression that refers to nothing.
func literalValue(text string) (cty.Value, bool) {
	if len(text) > MaxInclude {
		return cty.DynamicVal, false
	}
	tokens, _ := hclsyntax.LexExpression([]byte(text), "", hcl.InitialPos)
	if checkNative(tokens) != nil {
		return cty.DynamicVal, false
	}
	expr, diags := hclsyntax.ParseExpression([]byte(text), "", hcl.InitialPos)
	if diags.HasErrors() {
		return cty.DynamicVal, false
	}
	v, diags := expr.Value(nil)
	return v, !diags.HasErrors()
}

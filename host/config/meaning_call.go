package config

import (
	"encoding/json"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// calls adds the results of the function calls in an expression, as far as they
// have one. env and file read something else when their source changes, though
// the words of the expression stay.
func (m meaning) calls(e hcl.Expression, ctx *hcl.EvalContext) {
	if native, ok := e.(hclsyntax.Expression); ok {
		m.nativeCalls(native, ctx)
		return
	}
	if list, diags := hcl.ExprList(e); !diags.HasErrors() {
		for _, elem := range list {
			m.calls(elem, ctx)
		}
		return
	}
	if pairs, diags := hcl.ExprMap(e); !diags.HasErrors() {
		for _, p := range pairs {
			m.calls(p.Key, ctx)
			m.calls(p.Value, ctx)
		}
		return
	}
	m.templateCalls(e, ctx)
}

func (m meaning) nativeCalls(e hclsyntax.Expression, ctx *hcl.EvalContext) {
	_ = hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, ok := n.(*hclsyntax.FunctionCallExpr); ok {
			v, diags := call.Value(m.scope(ctx))
			if diags.HasErrors() { // a file that only its real path leads to
				v, diags = call.Value(ctx)
			}
			if !diags.HasErrors() {
				m.value(v)
			}
		}
		return nil
	})
}

// templateCalls parses what JSON syntax keeps to itself: the template that a
// string is.
func (m meaning) templateCalls(e hcl.Expression, ctx *hcl.EvalContext) {
	var template string
	if json.Unmarshal(m.sources.slice(e.Range()), &template) != nil {
		return // a number, say
	}
	parsed, diags := hclsyntax.ParseTemplate([]byte(template), "", hcl.InitialPos)
	if !diags.HasErrors() {
		m.nativeCalls(parsed, ctx)
	}
}

package config

import (
	"fmt"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
	"github.com/zclconf/go-cty/cty"
)

// place writes where a range starts, for a message.
func place(r hcl.Range) string { return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line) }

// locator finds where in a block the values are written that paths lead to.
type locator struct {
	ctx *hcl.EvalContext
}

// block finds the place of a path in a block. A path that leads nowhere, or to
// what a default or a function made, ends at the innermost thing it finds.
func (l locator) block(b *hcl.Block, path schema.Path) hcl.Range {
	return l.body(dynblock.Expand(b.Body, l.ctx), path, b.DefRange)
}

// body does not need the schema: a name that is not an attribute is a block.
func (l locator) body(b hcl.Body, path schema.Path, outer hcl.Range) hcl.Range {
	if len(path) == 0 {
		return outer
	}
	name, ok := path[0].(string)
	if !ok {
		return outer
	}
	content, _, _ := b.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: name}}})
	if a := content.Attributes[name]; a != nil {
		return exprAt(a.Expr, path[1:], l.ctx)
	}
	content, _, _ = b.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: name}}})
	return l.blocks(content.Blocks, path[1:], outer)
}

func (l locator) blocks(list hcl.Blocks, path schema.Path, outer hcl.Range) hcl.Range {
	i := 0
	if len(path) > 0 {
		if step, ok := path[0].(int); ok {
			i, path = step, path[1:]
		}
	}
	if i < 0 || i >= len(list) {
		return outer
	}
	return l.body(list[i].Body, path, list[i].DefRange)
}

// exprAt finds the place of an element inside the value of an expression, as
// far as the expression is written out.
func exprAt(e hcl.Expression, path schema.Path, ctx *hcl.EvalContext) hcl.Range {
	if len(path) == 0 {
		return e.Range()
	}
	if key, ok := path[0].(string); ok {
		if v, found := entry(e, key, ctx); found {
			return exprAt(v, path[1:], ctx)
		}
		// In JSON syntax a block may be a list of one object.
		if list, diags := hcl.ExprList(e); !diags.HasErrors() && len(list) == 1 {
			return exprAt(list[0], path, ctx)
		}
		return e.Range()
	}
	list, diags := hcl.ExprList(e)
	if i, ok := path[0].(int); ok && !diags.HasErrors() && i >= 0 && i < len(list) {
		return exprAt(list[i], path[1:], ctx)
	}
	return e.Range()
}

// entry finds the value of a key in an object that is written out.
func entry(e hcl.Expression, key string, ctx *hcl.EvalContext) (hcl.Expression, bool) {
	pairs, diags := hcl.ExprMap(e)
	if diags.HasErrors() {
		return nil, false
	}
	for _, p := range pairs {
		v, diags := p.Key.Value(ctx)
		v, _ = v.Unmark()
		if !diags.HasErrors() && v.Type() == cty.String && v.IsKnown() && !v.IsNull() && v.AsString() == key {
			return p.Value, true
		}
	}
	return nil, false
}

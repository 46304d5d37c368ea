package config

import (
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// scope is what expressions can refer to. It grows while loading: variables,
// then locals, then the data directory.
type scope struct {
	root    *hcl.EvalContext
	data    string // absolute; empty until it is known
	sources map[*source]*hcl.EvalContext
}

func newScope(o Options, known *secrets) *scope {
	return &scope{
		root:    &hcl.EvalContext{Variables: map[string]cty.Value{}, Functions: functions(o.env, known)},
		sources: make(map[*source]*hcl.EvalContext),
	}
}

// set makes values known under a root name: set("var", ...) makes var.name.
func (sc *scope) set(root string, values map[string]cty.Value) {
	sc.root.Variables[root] = cty.ObjectVal(values)
}

// setData makes path.data known to all that is evaluated from now on.
func (sc *scope) setData(dir string) error {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	sc.data = filepath.ToSlash(abs)
	clear(sc.sources)
	return nil
}

// of is the scope of a file, in which file() and path.dir are relative to it.
func (sc *scope) of(s *source) *hcl.EvalContext {
	if ctx := sc.sources[s]; ctx != nil {
		return ctx
	}
	path := map[string]cty.Value{"dir": cty.StringVal(s.dir)}
	if sc.data != "" {
		path["data"] = cty.StringVal(sc.data)
	}
	ctx := child(sc.root, "path", cty.ObjectVal(path))
	ctx.Functions = map[string]function.Function{"file": guarded(fileFunction(s.dir))}
	sc.sources[s] = ctx
	return ctx
}

// child is a scope with one more name.
func child(parent *hcl.EvalContext, name string, v cty.Value) *hcl.EvalContext {
	ctx := parent.NewChild()
	ctx.Variables = map[string]cty.Value{name: v}
	return ctx
}

// eachScope adds the element of a for_each.
func eachScope(parent *hcl.EvalContext, key string, value cty.Value) *hcl.EvalContext {
	return child(parent, "each", cty.ObjectVal(map[string]cty.Value{
		"key":   cty.StringVal(key),
		"value": value,
	}))
}

// eachKey is the key of the for_each that the evaluation was for.
func eachKey(ctx *hcl.EvalContext) (string, bool) {
	each, ok := lookup(ctx, "each")
	if !ok {
		return "", false
	}
	return each.GetAttr("key").AsString(), true
}

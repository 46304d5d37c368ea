package config

import (
	"encoding/base64"
	"errors"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// functions are those that do not depend on the file. They are few, and apart
// from env pure: a configuration means the same whenever it is loaded.
func functions(env func(string) (string, bool), known *secrets) map[string]function.Function {
	all := map[string]function.Function{
		"base64encode": base64Function(),
		"coalesce":     stdlib.CoalesceFunc,
		"concat":       stdlib.ConcatFunc,
		"contains":     stdlib.ContainsFunc,
		"env":          envFunction(env, known),
		"format":       stdlib.FormatFunc,
		"formatdate":   stdlib.FormatDateFunc,
		"join":         stdlib.JoinFunc,
		"jsondecode":   shallow(stdlib.JSONDecodeFunc),
		"jsonencode":   stdlib.JSONEncodeFunc,
		"keys":         stdlib.KeysFunc,
		"length":       stdlib.LengthFunc,
		"lookup":       stdlib.LookupFunc,
		"lower":        stdlib.LowerFunc,
		"merge":        stdlib.MergeFunc,
		"nonsensitive": nonsensitiveFunction(),
		"replace":      stdlib.ReplaceFunc,
		"sensitive":    sensitiveFunction(),
		"split":        stdlib.SplitFunc,
		"timeadd":      stdlib.TimeAddFunc,
		"tonumber":     stdlib.MakeToFunc(cty.Number),
		"toset":        stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),
		"tostring":     stdlib.MakeToFunc(cty.String),
		"trim":         stdlib.TrimFunc,
		"trimspace":    stdlib.TrimSpaceFunc,
		"upper":        stdlib.UpperFunc,
		"values":       stdlib.ValuesFunc,
	}
	for name, f := range all {
		all[name] = guarded(f)
	}
	// These two take expressions, not values, and quote only what the functions
	// above said.
	all["try"], all["can"] = tryfunc.TryFunc, tryfunc.CanFunc
	return all
}

// errHidden stands for an error whose text may quote a secret.
var errHidden = errors.New("the reason is not shown because an argument is secret")

// guarded is the function with errors that quote no secret argument: those of
// the library quote what they got.
func guarded(f function.Function) function.Function {
	spec := &function.Spec{Params: anyParams(f.Params())}
	if p := f.VarParam(); p != nil {
		v := anyParam(*p)
		spec.VarParam = &v
	}
	spec.Type = func(args []cty.Value) (cty.Type, error) {
		t, err := f.ReturnTypeForValues(args)
		return t, hideError(err, args)
	}
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v, err := f.Call(args)
		return v, hideError(err, args)
	}
	return function.New(spec)
}

func hideError(err error, args []cty.Value) error {
	if err == nil {
		return nil
	}
	for _, a := range args {
		if holdsSecret(a) {
			return errHidden
		}
	}
	return err
}

// anyParam leaves it to the wrapped function to treat null, unknown and secret
// arguments as its own declaration says.
func anyParam(p function.Parameter) function.Parameter {
	p.AllowNull, p.AllowUnknown, p.AllowMarked, p.AllowDynamicType = true, true, true, true
	return p
}

func anyParams(list []function.Parameter) []function.Parameter {
	out := make([]function.Parameter, len(list))
	for i, p := range list {
		out[i] = anyParam(p)
	}
	return out
}

// shallow refuses JSON text that is nested too deep for a function that
// recurses along it.
func shallow(f function.Function) function.Function {
	return function.New(&function.Spec{
		Params: f.Params(),
		Type: func(args []cty.Value) (cty.Type, error) {
			if v := args[0]; v.IsKnown() && checkJSON([]byte(v.AsString()), "") != nil {
				return cty.DynamicPseudoType, errors.New("the JSON text is nested too deep, or a number in it is too long")
			}
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f.Call(args) },
	})
}

func base64Function() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.StringVal(base64.StdEncoding.EncodeToString([]byte(args[0].AsString()))), nil
		},
	})
}

// sensitiveFunction declares a value secret.
func sensitiveFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{anyParam(function.Parameter{Name: "value", Type: cty.DynamicPseudoType})},
		Type:   func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
		Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return secret(args[0]), nil },
	})
}

// nonsensitiveFunction allows to show a value that is derived from a secret.
func nonsensitiveFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{anyParam(function.Parameter{Name: "value", Type: cty.DynamicPseudoType})},
		Type:   func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, _ := args[0].UnmarkDeep()
			return v, nil
		},
	})
}

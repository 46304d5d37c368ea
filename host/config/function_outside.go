package config

import (
	"errors"
	"fmt"
	"io/fs"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// envFunction reads the environment of the host. What it finds is secret; the
// default, which stands in the file, is not.
func envFunction(env func(string) (string, bool), known *secrets) function.Function {
	return function.New(&function.Spec{
		Params:   []function.Parameter{{Name: "name", Type: cty.String}},
		VarParam: &function.Parameter{Name: "default", Type: cty.String, AllowNull: true},
		Type: func(args []cty.Value) (cty.Type, error) {
			if len(args) > 2 {
				return cty.String, errors.New("it takes a name and at most one default")
			}
			return cty.String, nil
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			name := args[0].AsString()
			if text, ok := env(name); ok {
				known.add(text)
				return secret(cty.StringVal(text)), nil
			}
			if len(args) == 2 {
				return args[1], nil
			}
			return cty.NilVal, fmt.Errorf("the environment variable %q is not set; a second argument is the default", name)
		},
	})
}

// fileFunction reads a text file. A relative path is relative to dir.
func fileFunction(dir string) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			path := args[0].AsString()
			text, err := readBounded(relativeTo(dir, path), MaxInclude)
			if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
				err = pe.Err
			}
			switch {
			case err != nil:
				return cty.NilVal, function.NewArgErrorf(0, "reading %s: %s", path, err)
			case !utf8.Valid(text):
				return cty.NilVal, function.NewArgErrorf(0, "reading %s: it is not text in UTF-8", path)
			}
			return cty.StringVal(string(text)), nil
		},
	})
}

package schema_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"butlerd/sdk/schema"
)

func TestCheckAcceptsWhatAHostCanUse(t *testing.T) {
	t.Parallel()
	body := schema.Body{
		Attributes: []schema.Attribute{
			{Name: "name", Type: schema.String, Required: true, Enum: []string{"a", "b"}},
			{Name: "timeout_2", Type: schema.Duration, Default: json.RawMessage(`"30s"`)},
			{Name: "hosts", Type: schema.ListOf(schema.MapOf(schema.Integer))},
		},
		Blocks: []schema.Block{
			{Name: "tls", Nesting: schema.Single, Min: 1, Max: 1},
			{Name: "header", Nesting: schema.List, Min: 1, Max: 3, Body: schema.Body{
				Attributes: []schema.Attribute{{Name: "name", Type: schema.String}}, // another body, so no duplicate
			}},
		},
	}
	if err := body.Check(); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	attribute := func(a schema.Attribute) schema.Body { return schema.Body{Attributes: []schema.Attribute{a}} }
	block := func(b schema.Block) schema.Body { return schema.Body{Blocks: []schema.Block{b}} }
	tests := map[string]struct {
		body schema.Body
		want string
	}{
		"a name with capitals":     {attribute(schema.Attribute{Name: "userID", Type: schema.String}), `name "userID" must be lower-case`},
		"no name":                  {attribute(schema.Attribute{Type: schema.String}), `name "" must be`},
		"a name with a dash":       {block(schema.Block{Name: "a-b", Nesting: schema.List}), `name "a-b" must be`},
		"an endless name":          {attribute(schema.Attribute{Name: strings.Repeat("x", 65), Type: schema.String}), "longer than 64 bytes"},
		"an unknown type":          {attribute(schema.Attribute{Name: "a", Type: "set(string)"}), `a: type "set(string)"`},
		"an enum of numbers":       {attribute(schema.Attribute{Name: "a", Type: schema.Integer, Enum: []string{"1"}}), "enum is for strings, not for integer"},
		"an endless enum":          {attribute(schema.Attribute{Name: "a", Type: schema.String, Enum: make([]string, 201)}), "more than 200 values"},
		"a default of a required":  {attribute(schema.Attribute{Name: "a", Type: schema.String, Required: true, Default: json.RawMessage(`""`)}), "cannot have a default"},
		"a default that is text":   {attribute(schema.Attribute{Name: "a", Type: schema.String, Default: json.RawMessage(`x`)}), "default is not JSON"},
		"an endless default":       {attribute(schema.Attribute{Name: "a", Type: schema.String, Default: make([]byte, 64<<10+1)}), "default is longer"},
		"an endless doc":           {attribute(schema.Attribute{Name: "a", Type: schema.String, Doc: strings.Repeat("x", 4<<10+1)}), "a text is longer"},
		"an endless deprecation":   {attribute(schema.Attribute{Name: "a", Type: schema.String, Deprecated: strings.Repeat("x", 4<<10+1)}), "a text is longer"},
		"no nesting":               {block(schema.Block{Name: "b"}), `b: nesting ""`},
		"a negative number":        {block(schema.Block{Name: "b", Nesting: schema.List, Min: -1}), "between -1 and 0 blocks"},
		"more needed than allowed": {block(schema.Block{Name: "b", Nesting: schema.List, Min: 3, Max: 2}), "between 3 and 2 blocks"},
		"two of a single block":    {block(schema.Block{Name: "b", Nesting: schema.Single, Max: 2}), "cannot be there twice"},
		"a name used twice": {schema.Body{
			Attributes: []schema.Attribute{{Name: "a", Type: schema.String}},
			Blocks:     []schema.Block{{Name: "a", Nesting: schema.List}},
		}, `name "a" is used twice`},
		"a fault further in": {block(schema.Block{Name: "b", Nesting: schema.List, Body: attribute(schema.Attribute{Name: "c"})}), "b.c: type"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tt.body.Check()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestCheckBoundsTheWholeSchema(t *testing.T) {
	t.Parallel()
	names := func(n int) schema.Body {
		var b schema.Body
		for i := range n {
			b.Attributes = append(b.Attributes, schema.Attribute{Name: fmt.Sprintf("a%d", i), Type: schema.String})
		}
		return b
	}
	tests := map[string]struct {
		body schema.Body
		want string // empty: accepted
	}{
		"as many names as allowed":      {names(schema.MaxNames), ""},
		"one name too many":             {names(schema.MaxNames + 1), "more than 500 names"},
		"names counted over all blocks": {schema.Body{Blocks: []schema.Block{{Name: "b", Nesting: schema.List, Body: names(schema.MaxNames)}}}, "more than 500 names"},
		"as deep as allowed":            {nested(schema.MaxDepth), ""},
		"one level too deep":            {nested(schema.MaxDepth + 1), "nested more than 8 deep"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tt.body.Check()
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func nested(depth int) schema.Body {
	if depth == 0 {
		return schema.Body{}
	}
	return schema.Body{Blocks: []schema.Block{{Name: "b", Nesting: schema.Single, Body: nested(depth - 1)}}}
}

func TestCheckSaysAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	body := schema.Body{Attributes: []schema.Attribute{{Name: "A", Type: schema.String}, {Name: "b", Type: "thing"}}}
	err := body.Check()
	if err == nil || !strings.Contains(err.Error(), `"A"`) || !strings.Contains(err.Error(), `"thing"`) {
		t.Errorf("got %v", err)
	}
}

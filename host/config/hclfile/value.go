package hclfile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// tokens writes a value. Keys of objects are always quoted: the library leaves those
// bare that look like names, and null, true or for would then be something else.
func tokens(v cty.Value) hclwrite.Tokens {
	t := v.Type()
	switch {
	case v.IsNull():
		return hclwrite.TokensForValue(cty.NullVal(cty.DynamicPseudoType))
	case t.IsObjectType() || t.IsMapType():
		var items []hclwrite.ObjectAttrTokens
		all := v.AsValueMap()
		for _, key := range slices.Sorted(maps.Keys(all)) {
			items = append(items, hclwrite.ObjectAttrTokens{Name: hclwrite.TokensForValue(cty.StringVal(key)), Value: tokens(all[key])})
		}
		return hclwrite.TokensForObject(items)
	case t.IsTupleType() || t.IsListType():
		var items []hclwrite.Tokens
		for _, e := range v.AsValueSlice() {
			items = append(items, tokens(e))
		}
		return hclwrite.TokensForTuple(items)
	}
	return hclwrite.TokensForValue(v)
}

// Arguments adds the members of a JSON object as attributes, and as blocks those that
// are blocks in the schema. Nulls are left out: they are what is not said.
func (b Body) Arguments(doc json.RawMessage, s schema.Body) error {
	if len(doc) == 0 {
		return nil
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(doc, &all); err != nil {
		return fmt.Errorf("reading arguments: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if block := slices.IndexFunc(s.Blocks, func(k schema.Block) bool { return k.Name == name }); block >= 0 {
			continue
		}
		if err := b.json(name, all[name]); err != nil {
			return err
		}
	}
	for _, k := range s.Blocks {
		if err := b.blocks(k, all[k.Name]); err != nil {
			return err
		}
	}
	return nil
}

func (b Body) json(name string, doc json.RawMessage) error {
	t, err := ctyjson.ImpliedType(doc)
	if err != nil {
		return fmt.Errorf("reading argument %s: %w", name, err)
	}
	v, err := ctyjson.Unmarshal(doc, t)
	if err != nil {
		return fmt.Errorf("reading argument %s: %w", name, err)
	}
	if !v.IsNull() {
		b.set(name, v)
	}
	return nil
}

// blocks adds what is one block or several.
func (b Body) blocks(k schema.Block, doc json.RawMessage) error {
	if len(doc) == 0 || string(doc) == "null" {
		return nil
	}
	list := []json.RawMessage{doc}
	if k.Nesting == schema.List {
		if err := json.Unmarshal(doc, &list); err != nil {
			return fmt.Errorf("reading blocks %s: %w", k.Name, err)
		}
	}
	for _, one := range list {
		if err := b.Block(k.Name).Arguments(one, k.Body); err != nil {
			return err
		}
	}
	return nil
}

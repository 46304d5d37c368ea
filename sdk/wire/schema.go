// Package wire converts between the plain data of package schema and the
// messages of the contract. What arrives from a peer is checked on the way in;
// what is sent is made fit to send: valid UTF-8, bounded.
//
// It neither sends nor receives.
package wire

import (
	"fmt"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/schema"
)

// FromBody makes the message of a schema.
func FromBody(b schema.Body) *actionv1.Schema {
	s := &actionv1.Schema{}
	for _, a := range b.Attributes {
		s.Attributes = append(s.Attributes, fromAttribute(a))
	}
	for _, k := range b.Blocks {
		s.Blocks = append(s.Blocks, fromBlock(k))
	}
	return s
}

func fromAttribute(a schema.Attribute) *actionv1.Attribute {
	return &actionv1.Attribute{
		Name:        a.Name,
		Type:        string(a.Type),
		Required:    a.Required,
		DefaultJson: a.Default,
		Doc:         a.Doc,
		Sensitive:   a.Sensitive,
		Deprecated:  a.Deprecated,
		Enum:        a.Enum,
	}
}

func fromBlock(k schema.Block) *actionv1.Block {
	nesting := actionv1.Block_NESTING_SINGLE
	if k.Nesting == schema.List {
		nesting = actionv1.Block_NESTING_LIST
	}
	return &actionv1.Block{
		Name:    k.Name,
		Nesting: nesting,
		Body:    FromBody(k.Body),
		Doc:     k.Doc,
		Min:     int32(k.Min),
		Max:     int32(k.Max),
	}
}

// ToBody reads a peer's schema and checks it, as schema.Body.Check does. A nil
// message is the empty schema.
func ToBody(s *actionv1.Schema) (schema.Body, error) {
	b, err := toBody(s, 0)
	if err != nil {
		return schema.Body{}, err
	}
	if err := b.Check(); err != nil {
		return schema.Body{}, err
	}
	return b, nil
}

// toBody keeps the depth, because a message may nest as deep as protobuf lets
// it while Check comes only after.
func toBody(s *actionv1.Schema, depth int) (schema.Body, error) {
	if depth > schema.MaxDepth {
		return schema.Body{}, fmt.Errorf("blocks are nested more than %d deep", schema.MaxDepth)
	}
	var b schema.Body
	for _, a := range s.GetAttributes() {
		b.Attributes = append(b.Attributes, toAttribute(a))
	}
	for _, k := range s.GetBlocks() {
		body, err := toBody(k.GetBody(), depth+1)
		if err != nil {
			return schema.Body{}, err
		}
		b.Blocks = append(b.Blocks, toBlock(k, body))
	}
	return b, nil
}

func toAttribute(a *actionv1.Attribute) schema.Attribute {
	var value []byte // stays nil when empty: no default
	if len(a.GetDefaultJson()) > 0 {
		value = a.GetDefaultJson()
	}
	return schema.Attribute{
		Name:       a.GetName(),
		Type:       schema.Type(a.GetType()),
		Required:   a.GetRequired(),
		Default:    value,
		Doc:        a.GetDoc(),
		Sensitive:  a.GetSensitive(),
		Deprecated: a.GetDeprecated(),
		Enum:       a.GetEnum(),
	}
}

// toBlock leaves a nesting it does not know empty, which Check refuses.
func toBlock(k *actionv1.Block, body schema.Body) schema.Block {
	var nesting schema.Nesting
	switch k.GetNesting() {
	case actionv1.Block_NESTING_SINGLE:
		nesting = schema.Single
	case actionv1.Block_NESTING_LIST:
		nesting = schema.List
	}
	return schema.Block{
		Name:    k.GetName(),
		Nesting: nesting,
		Body:    body,
		Doc:     k.GetDoc(),
		Min:     int(k.GetMin()),
		Max:     int(k.GetMax()),
	}
}

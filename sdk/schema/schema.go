// Package schema is the shape of a block's body: which attributes and blocks
// it may hold, of which types, with which defaults.
//
// A plugin publishes schemas, derived by package sdk from Go structs; the host
// turns them into its configuration language. The package is plain data with a
// check of well-formedness. It knows neither HCL nor protobuf, and it decodes
// no values.
package schema

import "encoding/json"

// Limits on what a plugin may publish. A schema beyond them is refused.
const (
	MaxNames   = 500      // attributes and blocks in one schema, nested ones included
	MaxDepth   = 8        // nested blocks
	MaxNameLen = 64       // bytes of an attribute's or a block's name
	MaxDocLen  = 4 << 10  // bytes of one doc text
	MaxDefault = 64 << 10 // bytes of one default, as JSON
	MaxEnum    = 200      // values of one enum
)

// Body is the content of a block.
type Body struct {
	Attributes []Attribute `json:"attributes,omitempty"`
	Blocks     []Block     `json:"blocks,omitempty"`
}

// Attribute is one named value.
type Attribute struct {
	Name       string          `json:"name"`
	Type       Type            `json:"type"`
	Required   bool            `json:"required,omitempty"`
	Default    json.RawMessage `json:"default,omitempty"` // nil: null is passed on when the attribute is absent
	Doc        string          `json:"doc,omitempty"`
	Sensitive  bool            `json:"sensitive,omitempty"`
	Deprecated string          `json:"deprecated,omitempty"` // why not to use it, and what instead
	Enum       []string        `json:"enum,omitempty"`       // empty: any value
}

// Nesting says how often a block may stand in its parent.
type Nesting string

// The nestings.
const (
	Single Nesting = "single" // at most one; an object or null
	List   Nesting = "list"   // any number, in order; an array of objects
)

// Block is a named body inside a body.
type Block struct {
	Name    string  `json:"name"`
	Nesting Nesting `json:"nesting"`
	Body    Body    `json:"body"`
	Doc     string  `json:"doc,omitempty"`
	Min     int     `json:"min,omitempty"`
	Max     int     `json:"max,omitempty"` // 0: no upper limit
}

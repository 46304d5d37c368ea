package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
)

// namePattern is what HCL reads as an identifier in every position, in the one
// spelling that configurations use.
var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Check says everything that is wrong with the body: names, types, defaults
// and the limits of this package. The error joins one per fault, each with the
// place; nil means that a host can use the body.
func (b *Body) Check() error {
	c := checker{left: MaxNames}
	c.body(*b, nil)
	return errors.Join(c.faults...)
}

type checker struct {
	left   int // names that may still come
	faults []error
}

func (c *checker) fault(at Path, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if len(at) > 0 {
		text = at.String() + ": " + text
	}
	c.faults = append(c.faults, errors.New(text))
}

func (c *checker) body(b Body, at Path) {
	if len(at) > MaxDepth {
		c.fault(at, "blocks are nested more than %d deep", MaxDepth)
		return
	}
	taken := make(map[string]bool)
	for _, a := range b.Attributes {
		if c.left < 0 {
			return // said already; a peer's list may be endless
		}
		c.name(a.Name, taken, at)
		c.attribute(a, at.With(a.Name))
	}
	for _, k := range b.Blocks {
		if c.left < 0 {
			return
		}
		c.name(k.Name, taken, at)
		c.block(k, at.With(k.Name))
	}
}

// name checks one name against the others of its body. The count is of the
// whole schema, so that a peer cannot make the host build an endless one.
func (c *checker) name(name string, taken map[string]bool, at Path) {
	c.left--
	switch {
	case c.left == -1:
		c.fault(at, "more than %d names", MaxNames)
	case len(name) > MaxNameLen:
		c.fault(at, "a name is longer than %d bytes", MaxNameLen)
	case !namePattern.MatchString(name):
		c.fault(at, "name %q must be lower-case letters, digits and underscores, a letter first", name)
	case taken[name]:
		c.fault(at, "name %q is used twice", name)
	}
	taken[name] = true
}

func (c *checker) attribute(a Attribute, at Path) {
	if !a.Type.Valid() {
		c.fault(at, "type %.64q is none of this contract", a.Type)
	}
	if len(a.Enum) > MaxEnum {
		c.fault(at, "enum has more than %d values", MaxEnum)
	}
	if len(a.Enum) > 0 && a.Type != String {
		c.fault(at, "enum is for strings, not for %s", a.Type)
	}
	c.doc(a.Doc, at)
	c.doc(a.Deprecated, at)
	c.defaultValue(a, at)
}

func (c *checker) defaultValue(a Attribute, at Path) {
	switch {
	case a.Default == nil:
	case a.Required:
		c.fault(at, "a required attribute cannot have a default")
	case len(a.Default) > MaxDefault:
		c.fault(at, "default is longer than %d bytes", MaxDefault)
	case !json.Valid(a.Default):
		c.fault(at, "default is not JSON")
	}
}

func (c *checker) block(k Block, at Path) {
	if k.Nesting != Single && k.Nesting != List {
		c.fault(at, "nesting %.64q is neither %q nor %q", k.Nesting, Single, List)
	}
	if k.Min < 0 || k.Max < 0 || k.Max > 0 && k.Min > k.Max {
		c.fault(at, "between %d and %d blocks cannot be", k.Min, k.Max)
	}
	if k.Nesting == Single && (k.Min > 1 || k.Max > 1) {
		c.fault(at, "a single block cannot be there twice")
	}
	c.doc(k.Doc, at)
	c.body(k.Body, at)
}

func (c *checker) doc(text string, at Path) {
	if len(text) > MaxDocLen {
		c.fault(at, "a text is longer than %d bytes", MaxDocLen)
	}
}

package config

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// maxLocals bounds how deep locals may refer to locals.
const maxLocals = 10_000

// local is one attribute of a locals block.
type local struct {
	*hcl.Attribute
	source *source
	state  int
	ring   bool // it needs its own value
}

// The states of a local while all are evaluated.
const (
	waiting = iota
	underway
	done
)

// locals evaluates the locals of all files, each after those it refers to.
func (l *loader) locals() hcl.Diagnostics {
	e := localEvaluation{scope: l.scope, all: make(map[string]*local), values: make(map[string]cty.Value)}
	for _, b := range l.blocks["locals"] {
		e.declare(b)
	}
	if len(e.all) > maxLocals {
		return append(e.diags, unplaced("Too many locals", "There are more than %d.", maxLocals))
	}
	for _, loc := range e.order() {
		e.evaluate(loc)
	}
	l.scope.set("local", e.values)
	return e.diags
}

type localEvaluation struct {
	scope  *scope
	all    map[string]*local
	values map[string]cty.Value
	ring   []string // those underway, outermost first
	diags  hcl.Diagnostics
}

func (e *localEvaluation) declare(b block) {
	attributes, diags := b.Body.JustAttributes()
	e.diags = append(e.diags, diags...)
	for _, a := range attributes {
		before, taken := e.all[a.Name]
		if !taken {
			e.all[a.Name] = &local{Attribute: a, source: b.source}
			continue
		}
		e.diags = append(e.diags, wrong(a.NameRange, "Duplicate local",
			"local.%s is declared already, at %s.", a.Name, place(before.NameRange)))
	}
}

// order is that of the files: messages must not depend on that of a map.
func (e *localEvaluation) order() []*local {
	list := make([]*local, 0, len(e.all))
	for _, loc := range e.all {
		list = append(list, loc)
	}
	slices.SortFunc(list, func(a, b *local) int {
		return cmp.Or(cmp.Compare(a.source.name, b.source.name), cmp.Compare(a.Range.Start.Byte, b.Range.Start.Byte))
	})
	return list
}

func (e *localEvaluation) evaluate(loc *local) {
	switch loc.state {
	case done:
		return
	case underway:
		e.cycle(loc)
		return
	}
	loc.state = underway
	e.ring = append(e.ring, loc.Name)
	needed := e.needed(loc)
	e.ring = e.ring[:len(e.ring)-1]
	loc.state = done
	if loc.ring {
		e.values[loc.Name] = cty.DynamicVal
		return
	}
	v, diags := loc.Expr.Value(child(e.scope.of(loc.source), "local", cty.ObjectVal(needed)))
	e.values[loc.Name] = v
	e.diags = append(e.diags, diags...)
}

// needed evaluates what a local refers to. Only that is in its scope: all
// locals for each would take time squared.
func (e *localEvaluation) needed(loc *local) map[string]cty.Value {
	values := make(map[string]cty.Value)
	for _, t := range loc.Expr.Variables() {
		if t.RootName() != "local" {
			continue
		}
		_, name, ok := reference(t)
		if !ok {
			e.diags = append(e.diags, wrong(t.SourceRange(), "Invalid reference", "Locals are referred to one by one, as local.name."))
			continue
		}
		other := e.all[name]
		if other == nil {
			e.diags = append(e.diags, wrong(t.SourceRange(), "Unknown name local."+name,
				"%s%s", missing("local", name), didYouMean(name, slices.Collect(maps.Keys(e.all)))))
			values[name] = cty.DynamicVal // said once is enough
			continue
		}
		e.evaluate(other)
		if v, ok := e.values[name]; ok { // else it is part of a ring
			values[name] = v
		}
	}
	return values
}

func (e *localEvaluation) cycle(loc *local) {
	ring := append(slices.Clone(e.ring[slices.Index(e.ring, loc.Name):]), loc.Name)
	for _, name := range ring {
		e.all[name].ring = true
	}
	e.diags = append(e.diags, wrong(loc.NameRange, "Locals refer to each other",
		"local.%s needs its own value: %s.", loc.Name, strings.Join(ring, " -> ")))
}

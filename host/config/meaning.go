package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// meaning sums up what something means, not how it is written.
type meaning struct {
	hash.Hash
	sources *sources
	sharing *sharing // nil: secrets count, and where files lie
}

func newMeaning(ss *sources) meaning { return meaning{sha256.New(), ss, nil} }

func (m meaning) name() string { return hex.EncodeToString(m.Sum(nil)) }

// text adds texts, each with its length so that they cannot run together.
func (m meaning) text(parts ...string) {
	for _, p := range parts {
		io.WriteString(m, strconv.Itoa(len(p))+":"+p)
	}
}

// data adds plain data.
func (m meaning) data(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic("config: " + err.Error()) // only for types that have no JSON
	}
	m.text(string(text))
}

// body adds a body whose schema is not known.
func (m meaning) body(b hcl.Body, ctx *hcl.EvalContext) {
	native, ok := b.(*hclsyntax.Body)
	if !ok {
		attributes, _ := b.JustAttributes()
		for _, name := range slices.Sorted(maps.Keys(attributes)) {
			m.attribute(name, attributes[name].Expr, ctx)
		}
		return
	}
	for _, name := range slices.Sorted(maps.Keys(native.Attributes)) {
		m.attribute(name, native.Attributes[name].Expr, ctx)
	}
	for _, k := range native.Blocks {
		m.text("block", k.Type)
		m.text(k.Labels...)
		m.body(k.Body, ctx)
		m.text("end")
	}
}

func (m meaning) attribute(name string, e hcl.Expression, ctx *hcl.EvalContext) {
	m.text("attribute", name)
	if m.sharing.hides(name) {
		m.text(secretMask)
		return
	}
	m.expression(e, ctx)
}

// scope is what expressions can refer to.
func (m meaning) scope(ctx *hcl.EvalContext) *hcl.EvalContext {
	if m.sharing == nil {
		return ctx
	}
	return placeless(ctx)
}

// expression adds the value of an expression. One that has none yet, because it
// refers to facts of a run or to an element of a dynamic block, means what it
// says, what it refers to, and what the functions in it read.
func (m meaning) expression(e hcl.Expression, ctx *hcl.EvalContext) {
	v, diags := e.Value(m.scope(ctx))
	if !diags.HasErrors() && m.value(v) || m.sharing != nil && m.apart(e, ctx) {
		return
	}
	m.source(e.Range())
	for _, t := range e.Variables() {
		if v, diags := t.TraverseAbs(m.scope(ctx)); !diags.HasErrors() {
			m.value(v)
		}
	}
	m.calls(e, ctx)
}

// value adds a value if all of it is known.
func (m meaning) value(v cty.Value) bool {
	marked := v
	v, _ = v.UnmarkDeep()
	if !v.IsWhollyKnown() {
		return false
	}
	if m.sharing != nil {
		return m.masked(marked)
	}
	text, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return false
	}
	m.text("value", string(text))
	return true
}

// source adds the words of a piece of source, without blanks and comments.
func (m meaning) source(r hcl.Range) {
	s := m.sources.find(r.Filename)
	if s == nil || !r.CanSliceBytes(s.bytes) {
		return
	}
	if !m.showable(r.SliceBytes(s.bytes)) {
		m.text(secretMask)
		return
	}
	tokens, _ := hclsyntax.LexExpression(r.SliceBytes(s.bytes), "", hcl.InitialPos)
	for _, t := range tokens {
		if t.Type != hclsyntax.TokenComment && t.Type != hclsyntax.TokenNewline {
			m.text(string(t.Bytes))
		}
	}
}

// meaning is the fingerprint of a plugin.
func (p *Plugin) meaning() string {
	m := newMeaning(p.at.sources)
	m.text("plugin", p.Name, p.Path, p.SHA256, p.Dir)
	m.data(p.Args)
	m.data(p.Env)
	m.data([]any{p.MaxConcurrent, p.StartTimeout, p.StopGrace})
	if p.config != nil {
		m.body(p.config.Body, p.at.ctx)
	}
	return m.name()
}

// hash names the meaning of the whole. Its parts are sorted, because their
// order in the files has no meaning.
func (l *loader) hash() string {
	var parts []string
	for _, p := range l.config.Plugins {
		parts = append(parts, p.fingerprint)
	}
	for _, r := range l.config.rules {
		m := newMeaning(l.sources)
		r.sum(m)
		parts = append(parts, m.name())
	}
	for _, d := range l.config.drafts {
		parts = append(parts, d.meaning())
	}
	m := newMeaning(l.sources)
	m.data(l.config.Host)
	m.data(l.config.Store)
	m.text(l.config.Store.Postgres.URL) // which the JSON does not show
	m.data([]any{l.config.History, l.config.Pools, l.config.PluginPools()})
	if l.config.apiMeaning != nil {
		m.data([]any{l.config.apiMeaning, l.config.API.Files, l.config.API.RequestsPerMinute})
	}
	m.text(slices.Sorted(slices.Values(parts))...)
	return m.name()
}

package config

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// SharedHash names the meaning of what all hosts of a store should have in
// common: plugins, pools, schedules with their calendars and notify rules, and how
// much history is kept, with what variables and locals make of them, and
// what the api block allows but for its directories.
// The host block, the store block and where the files lie are each host's own
// and do not count.
//
// It is fit to be shown: no secret is in it that could be found by trying, so a
// secret that alone differs does not show. Which arguments are secret, the
// schemas tell: configs are those of the config blocks, by the name of the
// plugin, actions are as for Schedules. Of a block without a schema only the
// names of the arguments count, and of a plugin's env only those of the
// variables.
func (c *Config) SharedHash(configs map[string]schema.Body, actions map[string]Action) string {
	var name string
	guard(&hcl.Diagnostics{}, func() {
		var parts []string
		for _, p := range c.Plugins {
			s, known := configs[p.Name]
			parts = append(parts, p.shared(newSharing(s, known)))
		}
		of := func(k call) *sharing {
			a, known := actions[k.typ()]
			return newSharing(a.Arguments, known)
		}
		for _, r := range c.rules {
			m := meaning{newMeaning(c.sources).Hash, c.sources, of(r.call)}
			r.sum(m)
			parts = append(parts, m.name())
		}
		for _, d := range c.drafts {
			m := newMeaning(c.sources)
			d.sum(m, of)
			parts = append(parts, m.name())
		}
		m := newMeaning(c.sources)
		m.data([]any{c.History, c.Pools, c.PluginPools()})
		if c.apiMeaning != nil {
			m.data(c.apiMeaning)
		}
		m.text(slices.Sorted(slices.Values(parts))...)
		name = m.name()
	})
	return name
}

// sharing leaves out of a meaning what must not be shown.
type sharing struct {
	// secret are the arguments that hold secrets somewhere in the block. Where one
	// is does not matter: too much left out does no harm.
	secret map[string]bool
	blind  bool // no schema: all may
}

func newSharing(s schema.Body, known bool) *sharing {
	secret := attributeNames(s, nil)
	if slices.Contains(slices.Collect(maps.Values(secret)), true) {
		secret["for_each"] = true // of a dynamic block, whose content may put it anywhere
	}
	return &sharing{secret: secret, blind: !known}
}

func (s *sharing) hides(name string) bool { return s != nil && (s.blind || s.secret[name]) }

// shared names what hosts should have in common of a plugin. Paths count as they
// are written, because files lie elsewhere on another host.
func (p *Plugin) shared(s *sharing) string {
	m := meaning{newMeaning(p.at.sources).Hash, p.at.sources, &sharing{}}
	m.text("plugin", p.Name, p.SHA256)
	for _, name := range []string{"path", "dir", "args"} {
		if a := p.at.content.Attributes[name]; a != nil {
			m.attribute(name, a.Expr, p.at.ctx)
		}
	}
	m.data(slices.Sorted(maps.Keys(p.Env)))
	m.data([]any{p.MaxConcurrent, p.StartTimeout, p.StopGrace})
	if p.config != nil {
		m.sharing = s
		m.body(p.config.Body, p.at.ctx)
	}
	return m.name()
}

// placeless is a scope in which the directories are the same on every host.
func placeless(ctx *hcl.EvalContext) *hcl.EvalContext {
	return child(ctx, "path", cty.ObjectVal(map[string]cty.Value{
		"dir":  cty.StringVal("path.dir"),
		"data": cty.StringVal("path.data"),
	}))
}

// sensitiveCall matches the name of the function.
var sensitiveCall = regexp.MustCompile(`\bsensitive\b`)

// apart adds an expression that has no value yet, member by member, because the
// name of a member may be that of a secret.
func (m meaning) apart(e hcl.Expression, ctx *hcl.EvalContext) bool {
	if pairs, diags := hcl.ExprMap(e); !diags.HasErrors() {
		m.text("object")
		for _, p := range pairs {
			name, _ := p.Key.Value(ctx)
			name, _ = name.Unmark()
			if name.Type() == cty.String && name.IsKnown() && !name.IsNull() {
				m.attribute(name.AsString(), p.Value, ctx)
				continue
			}
			m.expression(p.Key, ctx)
			m.attribute("", p.Value, ctx)
		}
		m.text("end")
		return true
	}
	list, diags := hcl.ExprList(e)
	if diags.HasErrors() {
		return false
	}
	m.text("list")
	for _, elem := range list {
		m.expression(elem, ctx)
	}
	m.text("end")
	return true
}

// masked adds a value as JSON without its secrets.
func (m meaning) masked(v cty.Value) bool {
	e := encoder{mask: true, secret: m.sharing.secret}
	if err := e.value(v); err != nil {
		return false
	}
	m.text("value", e.out.String())
	return true
}

// showable tells whether words of source may count: whether no call in them makes
// a secret of a literal beside it.
func (m meaning) showable(words []byte) bool {
	if m.sharing == nil {
		return true
	}
	var template string // in JSON syntax names may be written with escapes
	if json.Unmarshal(words, &template) == nil {
		words = []byte(template)
	}
	return !sensitiveCall.Match(words)
}

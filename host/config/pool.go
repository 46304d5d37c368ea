package config

import (
	"maps"
	"slices"
	"time"

	"butlerd/sdk/schema"

	"github.com/hashicorp/hcl/v2"
)

// Pool is a limit on what runs at a time, across schedules.
type Pool struct {
	Slots   int
	MaxWait time.Duration // a run that waits longer is given up; 0: none is
}

// The bounds of a pool.
const (
	maxSlots    = 10_000
	minPoolWait = time.Second
	maxPoolWait = 31 * day
)

func poolGrammar() grammar {
	return grammar{shape: ownShape(schema.Body{Attributes: []schema.Attribute{
		{Name: "slots", Type: schema.Integer, Required: true},
		{Name: "max_wait", Type: schema.Duration},
	}})}
}

// pools evaluates all pool blocks.
func (l *loader) pools() hcl.Diagnostics {
	g := poolGrammar()
	var diags hcl.Diagnostics
	l.config.Pools = make(map[string]Pool)
	for _, b := range l.blocks["pool"] {
		diags = append(diags, nameOf(b)...)
		content, found := g.content(b.Body)
		m, more := g.members(content, l.scope.of(b.source), l.sources)
		found = append(found, more...)
		if !found.HasErrors() {
			found = append(found, m.within(content, "slots", 1, maxSlots, b.DefRange)...)
			found = append(found, m.between(content, "max_wait", minPoolWait, maxPoolWait, b.DefRange)...)
		}
		diags = append(diags, found...)
		// With mistakes too: what names it names something that is there.
		l.config.Pools[b.label()] = Pool{Slots: m.number("slots"), MaxWait: m.duration("max_wait")}
	}
	return diags
}

// pool checks that the pool that an attribute names is there.
func (l *loader) pool(m members, content *hcl.BodyContent, fallback hcl.Range) (string, hcl.Diagnostics) {
	name, set := m.get("pool")
	if !set {
		return "", nil
	}
	given := name.AsString()
	if _, known := l.config.Pools[given]; known {
		return given, nil
	}
	names := slices.Sorted(maps.Keys(l.config.Pools))
	return given, hcl.Diagnostics{unknownName(written(content, "pool", fallback), "pool", given, names)}
}

// nameOf checks the name of what schedules refer to.
func nameOf(b block) hcl.Diagnostics {
	if reason := badName(b.label()); reason != "" {
		return hcl.Diagnostics{wrong(b.labelRange(), "Invalid name", "The name of a %s %s.", b.Type, reason)}
	}
	return nil
}

// PluginPools are the pools of plugins, by the names of the plugins.
func (c *Config) PluginPools() map[string]string {
	pools := make(map[string]string)
	for _, p := range c.Plugins {
		if p.Pool != "" {
			pools[p.Name] = p.Pool
		}
	}
	return pools
}

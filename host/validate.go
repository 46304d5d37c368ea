package host

import (
	"cmp"
	"context"
	"slices"

	"butlerd/host/config"
)

// Validation is what Validate found.
type Validation struct {
	Valid       bool               `json:"valid"`
	Schedules   int                `json:"schedules"`
	Plugins     int                `json:"plugins"`
	Diagnostics config.Diagnostics `json:"diagnostics"`
}

// Validate checks a configuration as Start would, and goes on as far as it can:
// with a plugin that does not start, the schedules of the others are still
// checked. Plugins are started and ended again; no port is opened and nothing is
// written.
func Validate(ctx context.Context, o Options) Validation {
	o.Config.Bundled = o.names()
	v := Validation{Diagnostics: config.Diagnostics{}}
	c, diags := config.Load(o.Config)
	v.Diagnostics = append(v.Diagnostics, diags...)
	if c == nil {
		return v
	}
	l, found := complete(ctx, c, quietStarter(o), nil)
	v.Diagnostics = append(v.Diagnostics, found...)
	v.Plugins = len(c.Plugins)
	if l != nil {
		v.Schedules = len(l.schedules)
		l.plugins.stopStarted()
	}
	v.Valid = !v.Diagnostics.HasErrors()
	// Found stage by stage, they are read file by file.
	slices.SortStableFunc(v.Diagnostics, func(a, b config.Diagnostic) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Start.Byte, b.Start.Byte))
	})
	return v
}

// quietStarter starts plugins for a look at them: what they log is of no
// interest.
func quietStarter(o Options) pluginStarter { return pluginStarter{opts: o, log: discard()} }

// PluginListing is a plugin as ListPlugins found it.
type PluginListing struct {
	Name    string          `json:"name"`
	Version string          `json:"version"`
	Kind    string          `json:"kind"` // bundled or custom
	Path    string          `json:"path,omitempty"`
	SHA256  string          `json:"sha256,omitempty"`
	Actions []ActionListing `json:"actions"`
}

// ActionListing is an action of a PluginListing.
type ActionListing struct {
	Type string `json:"type"`
	Doc  string `json:"doc"`
}

// ListPlugins starts the plugins that a configuration declares, asks them what
// they offer, and ends them.
func ListPlugins(ctx context.Context, o Options) ([]PluginListing, config.Diagnostics, error) {
	o.Config.Bundled = o.names()
	c, diags := config.Load(o.Config)
	if diags.HasErrors() {
		return nil, diags, &DiagnosticsError{diags}
	}
	starter := quietStarter(o)
	list := []PluginListing{}
	for _, declared := range c.Plugins {
		p := starter.make(declared)
		if err := p.Start(ctx); err != nil {
			diags = append(diags, declared.At("path", "Plugin does not start", sentence(err))...)
			continue
		}
		d, s := p.Description(), p.Status()
		p.Stop()
		l := PluginListing{Name: d.Name, Version: d.Version, Kind: "bundled", Path: declared.Path, SHA256: s.SHA256}
		if declared.Path != "" {
			l.Kind = "custom"
		}
		for _, a := range d.Actions {
			l.Actions = append(l.Actions, ActionListing{Type: a.Type, Doc: a.Doc})
		}
		list = append(list, l)
	}
	if diags.HasErrors() {
		return list, diags, &DiagnosticsError{diags}
	}
	return list, diags, nil
}

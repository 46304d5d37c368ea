package host

import (
	"context"

	"butlerd/host/config"
	"butlerd/host/registry"
)

// loaded is a configuration of which all is checked and all plugins run.
type loaded struct {
	config    *config.Config
	plugins   *pluginSet
	schedules []*config.Schedule
	hash      string // of what all hosts should have in common; it may be shown
}

// complete starts the plugins of c and types its schedules with them. It finds as
// much as it can of what is wrong. With errors nothing that it started is left
// running.
func complete(ctx context.Context, c *config.Config, starter pluginStarter, before *pluginSet) (*loaded, config.Diagnostics) {
	plugins, diags := starter.start(ctx, c, before)
	l := &loaded{config: c, plugins: plugins}
	if plugins.described() {
		var found config.Diagnostics
		l.schedules, found = c.Schedules(plugins.actions)
		diags = append(diags, found...)
		diags = append(diags, plugins.validate(ctx, l.schedules)...)
	}
	if diags.HasErrors() {
		plugins.stopStarted()
		return nil, diags
	}
	l.hash = c.SharedHash(plugins.configs(), plugins.actions)
	return l, diags
}

// declared is what the registry takes of the schedules of files.
func (l *loaded) declared() []*registry.Declared {
	list := make([]*registry.Declared, len(l.schedules))
	for i, s := range l.schedules {
		list[i] = &registry.Declared{
			Definition:  s.Definition,
			Origin:      s.Origin(),
			Plugin:      s.Plugin(),
			Fingerprint: s.Fingerprint(),
			Bind:        s.Bind,
		}
	}
	return list
}

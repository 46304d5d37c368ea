package host

import (
	"context"

	"butlerd/host/config"
	"butlerd/host/dispatch"
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
			Steps:       stepsOf(s),
		}
	}
	return list
}

// stepsOf are the follow-ups of a schedule that execute an action, by name.
func stepsOf(s *config.Schedule) map[string]dispatch.Step {
	if len(s.Steps()) == 0 {
		return nil
	}
	steps := make(map[string]dispatch.Step, len(s.Steps()))
	for _, step := range s.Steps() {
		steps[step.Name] = dispatch.Step{Action: step.Action(), Plugin: step.Plugin(), Bind: step.Bind}
	}
	return steps
}

// poolsOf are the pools as the dispatcher has them, and those of plugins by the
// names of the plugins.
func poolsOf(c *config.Config) (pools map[string]dispatch.Pool, ofPlugin map[string]string) {
	pools = make(map[string]dispatch.Pool, len(c.Pools))
	for name, p := range c.Pools {
		pools[name] = dispatch.Pool{Slots: p.Slots, MaxWait: p.MaxWait}
	}
	return pools, c.PluginPools()
}

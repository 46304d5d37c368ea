package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"butlerd/host/config"
	"butlerd/host/plugin"
	"butlerd/sdk/schema"
)

// pluginSet is the plugins of one configuration, started and configured.
type pluginSet struct {
	list    []*declaredPlugin // in the order of their names
	actions map[string]config.Action
	started []*declaredPlugin // those that this set started, the others come from the set before
}

// described says whether every plugin has said what it offers: only then can be
// told which actions there are.
func (s *pluginSet) described() bool {
	return !slices.ContainsFunc(s.list, func(p *declaredPlugin) bool { return p.plugin.Status().State == plugin.Stopped })
}

// configs are the schemas of the plugins' own configuration, by name.
func (s *pluginSet) configs() map[string]schema.Body {
	all := make(map[string]schema.Body, len(s.list))
	for _, p := range s.list {
		all[p.declared.Name] = p.plugin.Description().Config
	}
	return all
}

// declaredPlugin is a plugin with its declaration.
type declaredPlugin struct {
	declared *config.Plugin
	plugin   *plugin.Plugin
}

func (s *pluginSet) find(name string) *declaredPlugin {
	if s == nil {
		return nil
	}
	for _, p := range s.list {
		if p.declared.Name == name {
			return p
		}
	}
	return nil
}

// pluginOf names the plugin that offers an action; empty when none does, also of a
// query, which nothing can execute.
func (s *pluginSet) pluginOf(action string) string {
	if a := s.actions[action]; !a.Query {
		return a.Plugin
	}
	return ""
}

// answering is the plugin that answers a query; nil: none does.
func (s *pluginSet) answering(query string) *plugin.Plugin {
	a := s.actions[query]
	if p := s.find(a.Plugin); a.Query && p != nil {
		return p.plugin
	}
	return nil
}

// stopStarted ends the plugins that this set started.
func (s *pluginSet) stopStarted() {
	var all sync.WaitGroup
	for _, p := range s.started {
		all.Go(p.plugin.Stop)
	}
	all.Wait()
}

// pluginStarter starts the plugins of configurations.
type pluginStarter struct {
	opts      Options
	socketDir string
	log       *slog.Logger
}

// start starts and configures the plugins of c. Those that were declared with the
// same meaning before, and are well, are taken over from before: one that fails
// gets a new start, its program may have been mended.
func (s pluginStarter) start(ctx context.Context, c *config.Config, before *pluginSet) (*pluginSet, config.Diagnostics) {
	set := &pluginSet{actions: map[string]config.Action{}}
	for _, declared := range c.Plugins {
		if old := before.find(declared.Name); old != nil && old.takesOver(declared) {
			set.list = append(set.list, &declaredPlugin{declared: declared, plugin: old.plugin})
			continue
		}
		p := &declaredPlugin{declared: declared, plugin: s.make(declared)}
		set.list = append(set.list, p)
		set.started = append(set.started, p)
	}
	diags := startAll(ctx, set.started)
	return set, append(diags, set.collectActions()...)
}

func (p *declaredPlugin) takesOver(declared *config.Plugin) bool {
	return p.declared.Fingerprint() == declared.Fingerprint() && p.plugin.Status().State == plugin.Ready
}

func (s pluginStarter) make(declared *config.Plugin) *plugin.Plugin {
	spec := plugin.Spec{
		Name:         declared.Name,
		SHA256:       declared.SHA256,
		Env:          declared.Env,
		Dir:          declared.Dir,
		StartTimeout: declared.StartTimeout,
		StopGrace:    declared.StopGrace,
	}
	if declared.Path != "" {
		spec.Command = append([]string{declared.Path}, declared.Args...)
	} else if b, ok := s.opts.bundled(declared.Name); ok {
		spec.Command, spec.Make, spec.SelfExec, spec.BuildID = b.Command, b.Make, true, b.BuildID
	}
	return plugin.New(plugin.Options{Spec: spec, HostVersion: s.opts.Version, SocketDir: s.socketDir, Redact: declared.Redact, Log: s.log})
}

// startAll starts and configures plugins side by side: a process with its
// certificates takes some ten milliseconds.
func startAll(ctx context.Context, plugins []*declaredPlugin) config.Diagnostics {
	found := make([]config.Diagnostics, len(plugins))
	var all sync.WaitGroup
	for i, p := range plugins {
		all.Go(func() { found[i] = p.start(ctx) })
	}
	all.Wait()
	return slices.Concat(found...)
}

func (p *declaredPlugin) start(ctx context.Context) config.Diagnostics {
	if err := p.plugin.Start(ctx); err != nil {
		return p.declared.At("path", "Plugin does not start", sentence(err))
	}
	document, diags := p.declared.Decode(p.plugin.Description().Config)
	if diags.HasErrors() {
		return diags
	}
	found, err := p.plugin.Configure(ctx, document)
	if err != nil {
		return append(diags, p.declared.At("", "Plugin cannot be configured", sentence(err))...)
	}
	return append(diags, p.declared.Place(found)...)
}

// collectActions finds which plugin offers which action.
func (s *pluginSet) collectActions() config.Diagnostics {
	var diags config.Diagnostics
	for _, p := range s.list {
		for _, a := range p.plugin.Description().Actions {
			if other, taken := s.actions[a.Type]; taken {
				diags = append(diags, p.declared.At("", "Action offered twice", fmt.Sprintf(
					"The plugins %q and %q both offer the action %q. Declare one of them only.", other.Plugin, p.declared.Name, a.Type))...)
				continue
			}
			s.actions[a.Type] = config.Action{Plugin: p.declared.Name, Arguments: a.Arguments, Query: a.Query}
		}
	}
	return diags
}

// validate asks the plugins what is wrong with the arguments of schedules and of
// their follow-ups. The action of a notify rule, which many schedules have in common,
// is asked about once.
func (s *pluginSet) validate(ctx context.Context, schedules []*config.Schedule) config.Diagnostics {
	v := validation{set: s, silent: map[string]bool{}}
	rules := map[string]bool{}
	for _, declared := range schedules {
		v.ask(ctx, declared.Plugin(), declared.Action.Type, declared.Known(), declared.Place,
			func(summary, detail string) config.Diagnostics { return declared.At("action", summary, detail) })
		for _, step := range declared.Steps() {
			if step.Rule != "" && rules[step.Rule] {
				continue
			}
			rules[step.Rule] = true
			v.ask(ctx, step.Plugin(), step.Action(), step.Known(), step.Place, step.At)
		}
	}
	return v.diags
}

// validation is what the plugins found so far.
type validation struct {
	set    *pluginSet
	silent map[string]bool // plugins that did not answer: each is waited for once
	diags  config.Diagnostics
}

// ask has a plugin validate the arguments of one action.
func (v *validation) ask(ctx context.Context, name, action string, known []byte,
	place func([]schema.Diagnostic) config.Diagnostics, at func(summary, detail string) config.Diagnostics) {
	p := v.set.find(name)
	if p == nil || v.silent[name] {
		return // reported where the action was resolved, or before
	}
	found, err := p.plugin.Validate(ctx, action, known)
	if err != nil {
		v.silent[name] = true
		v.diags = append(v.diags, at("Arguments cannot be checked", sentence(err))...)
		return
	}
	v.diags = append(v.diags, place(found)...)
}

func sentence(err error) string {
	if errors.Is(err, context.Canceled) {
		return "The host was stopped meanwhile."
	}
	return "Reason: " + err.Error() + "."
}

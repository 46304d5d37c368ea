package host

import (
	"context"
	"fmt"
	"maps"

	"butlerd/host/config"
	"butlerd/host/dispatch"
	"butlerd/host/registry"
	"butlerd/sdk/schema"
)

// ErrNotReady is returned for a reload of a host that is not running.
var ErrNotReady = fmt.Errorf("the host is not running: %w", dispatch.ErrStopping)

// Reload loads the files again and takes over what they say, all or nothing.
// Schedules that did not change keep their timers; open runs end as they began;
// a plugin whose block changed gets a new process, and the old one ends when it
// has nothing left to do. What cannot change while running is a warning. With
// errors the error is a *DiagnosticsError and everything stays as it was.
func (h *Host) Reload(ctx context.Context) (registry.Diff, config.Diagnostics, error) {
	h.reloading.Lock()
	defer h.reloading.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.life, cancel)()
	diff, diags, err := h.reload(ctx)
	h.metrics.Reloaded(err == nil)
	if err != nil {
		h.log.Error("reload failed, the configuration stays as it was", "err", err)
		return diff, diags, err
	}
	h.log.Info("configuration reloaded", "added", len(diff.Added), "changed", len(diff.Changed),
		"removed", len(diff.Removed), "unchanged", diff.Unchanged)
	return diff, diags, nil
}

func (h *Host) reload(ctx context.Context) (registry.Diff, config.Diagnostics, error) {
	h.mu.Lock()
	state, before := h.state, h.loaded
	h.mu.Unlock()
	if state != ready {
		return registry.Diff{}, nil, ErrNotReady
	}
	c, diags := config.Load(h.opts.Config)
	if diags.HasErrors() {
		return registry.Diff{}, diags, &DiagnosticsError{diags}
	}
	after, found := complete(ctx, c, h.starter, before.plugins)
	diags = append(diags, found...)
	if found.HasErrors() {
		return registry.Diff{}, diags, &DiagnosticsError{diags}
	}
	if left, ends := h.keeper.Left(); ends {
		h.tellLease(ctx, after.plugins.started, left)
	}
	added := h.addPlugins(before.plugins, after.plugins)
	h.setPools(after)
	diff, err := h.registry.Reload(ctx, after.declared())
	if err != nil {
		for _, p := range added {
			h.dispatcher.SetPlugin(p.declared.Name, nil, 0)
		}
		h.setPools(before)
		after.plugins.stopStarted()
		return registry.Diff{}, diags, err
	}
	h.mu.Lock()
	h.loaded = after
	h.mu.Unlock()
	h.swapPlugins(before.plugins, after.plugins)
	h.registry.Place() // actions may be offered now that were not, and the reverse
	return diff, append(diags, needRestart(h.running, c)...), nil
}

// addPlugins makes new plugins known before schedules that use them come into
// force: these may be due at once.
func (h *Host) addPlugins(before, after *pluginSet) []*declaredPlugin {
	var added []*declaredPlugin
	for _, p := range after.list {
		if before.find(p.declared.Name) == nil {
			h.dispatcher.SetPlugin(p.declared.Name, p.plugin, p.declared.MaxConcurrent)
			added = append(added, p)
		}
	}
	return added
}

// swapPlugins lets attempts from now on go to the new plugins, and ends the old
// ones when they execute nothing any more.
func (h *Host) swapPlugins(before, after *pluginSet) {
	for _, p := range after.list {
		if old := before.find(p.declared.Name); old != nil {
			h.retire(old, p)
		}
	}
	for _, p := range before.list {
		if after.find(p.declared.Name) == nil {
			h.retire(p, nil)
		}
	}
}

// retire replaces a plugin in the dispatcher, with nothing when now is nil.
func (h *Host) retire(old, now *declaredPlugin) {
	if now != nil && old.plugin == now.plugin {
		return
	}
	var drained <-chan struct{}
	if now != nil {
		drained = h.dispatcher.SetPlugin(now.declared.Name, now.plugin, now.declared.MaxConcurrent)
	} else {
		drained = h.dispatcher.SetPlugin(old.declared.Name, nil, 0)
	}
	h.retired.Go(func() {
		<-drained
		old.plugin.Stop()
	})
}

// needRestart names what a reload cannot change.
func needRestart(before, after *config.Config) config.Diagnostics {
	var diags config.Diagnostics
	warn := func(what string, changed bool) {
		if changed {
			diags = append(diags, config.Unplaced(schema.Diagnostic{
				Severity: schema.Warning,
				Summary:  "Change needs a restart",
				Detail:   fmt.Sprintf("%s is taken over when the host is started again.", what),
			}))
		}
	}
	a, b := before.Host, after.Host
	warn("host.listen", a.Listen != b.Listen)
	warn("host.name", a.Name != b.Name)
	warn("host.labels", !maps.Equal(a.Labels, b.Labels))
	warn("host.data_dir", a.DataDir != b.DataDir)
	warn("host.v4_responses", a.V4Responses != b.V4Responses)
	warn("host.shutdown_grace", a.ShutdownGrace != b.ShutdownGrace)
	warn("host.late_limit", a.LateLimit != b.LateLimit)
	warn("host.log_level", a.LogLevel != b.LogLevel)
	warn("host.log_format", a.LogFormat != b.LogFormat)
	warn("the store block", before.Store != after.Store)
	return diags
}

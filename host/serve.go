package host

import (
	"context"
	"fmt"
	"time"

	"butlerd/host/api"
	"butlerd/host/config"
	"butlerd/host/plugin"
	"butlerd/host/telemetry"
)

// serveGrace bounds how long open requests may take when the host stops.
const serveGrace = 5 * time.Second

// serve starts to answer the API. It comes last.
func (h *Host) serve(c *config.Config) error {
	server, err := api.New(api.Options{
		Version:     h.opts.Version,
		Schedules:   h.registry,
		Runs:        h.dispatcher,
		Hosts:       hosts{h},
		Holds:       holds{h},
		History:     h.store,
		Audit:       newAuditor(h),
		Simulate:    newSimulator(h).Simulate,
		Plugins:     h.pluginInfos,
		Reload:      h.Reload,
		Backup:      h.backup,
		Ready:       h.checks,
		Metrics:     h.metrics.Handler(),
		Work:        work{h},
		KeyValues:   h.store,
		Now:         h.keeper.Now,
		Settings:    h.settings,
		V4Responses: c.Host.V4Responses,
		Log:         h.log,
	})
	if err != nil {
		return fmt.Errorf("making the API: %w", err)
	}
	h.server, h.served = server, make(chan struct{})
	go func() {
		defer close(h.served)
		if err := server.Serve(h.listener); err != nil {
			h.log.Error("serving the API", "err", err)
		}
	}()
	return nil
}

func (h *Host) stopServing() error {
	if h.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), serveGrace)
	defer cancel()
	err := h.server.Stop(ctx)
	<-h.served
	return err
}

// checks are what readiness depends on.
func (h *Host) checks() []api.Check {
	h.mu.Lock()
	state, loaded := h.state, h.loaded
	h.mu.Unlock()
	detail := stateNames[state]
	if state == ready && h.draining.Load() {
		detail = "draining"
	}
	checks := []api.Check{{Name: "host", OK: detail == stateNames[ready], Detail: detail}, h.checkStore(), h.checkLease()}
	for _, p := range loaded.plugins.list {
		s := p.plugin.Status()
		detail := string(s.State)
		if s.State != plugin.Ready && s.LastError != "" {
			detail += ": " + s.LastError
		}
		checks = append(checks, api.Check{Name: "plugin " + s.Name, OK: s.State == plugin.Ready, Detail: detail})
	}
	return checks
}

var stateNames = map[state]string{
	fresh: "not started", starting: "starting", ready: "ready", stopping: "stopping", stopped: "stopped",
}

// checkStore writes to the store: one that can only be read is not ready.
func (h *Host) checkStore() api.Check {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := h.store.Ping(ctx); err != nil {
		return api.Check{Name: "store", Detail: err.Error()}
	}
	return api.Check{Name: "store", OK: true, Detail: "writable"}
}

// checkLease says whether the host may claim and execute, and warns when the hosts
// of the store do not agree on what there is to do.
func (h *Host) checkLease() api.Check {
	if !h.holdsLease() {
		return api.Check{Name: "lease", Detail: "not held: the store did not answer in time"}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	check := api.Check{Name: "lease", OK: true, Detail: "held"}
	if warning := h.configWarning(ctx); warning != "" {
		check.Detail += "; " + warning
	}
	return check
}

func (h *Host) pluginInfos() []api.PluginInfo {
	var infos []api.PluginInfo
	waiting := h.waiting()
	for _, p := range h.current().plugins.list {
		infos = append(infos, api.PluginInfo{
			Status:        p.plugin.Status(),
			Description:   p.plugin.Description(),
			MaxConcurrent: p.declared.MaxConcurrent,
			Running:       h.dispatcher.Running(p.declared.Name),
			Waiting:       waiting[p.declared.Name],
		})
	}
	return infos
}

// waiting says how many runs wait for a slot, by plugin; nothing when the store is
// away.
func (h *Host) waiting() map[string]int {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	waiting, err := h.store.Waiting(ctx)
	if err != nil {
		h.log.Debug("counting waiting runs", "err", err)
	}
	return waiting
}

func (h *Host) pluginMetrics() []telemetry.Plugin {
	var list []telemetry.Plugin
	for _, p := range h.pluginInfos() {
		list = append(list, telemetry.Plugin{
			Name:     p.Status.Name,
			Up:       p.Status.State == plugin.Ready,
			Restarts: p.Status.Restarts,
			Running:  p.Running,
			Waiting:  p.Waiting,
		})
	}
	return list
}

func (h *Host) scheduleMetrics() []telemetry.Schedule {
	all := h.registry.List()
	list := make([]telemetry.Schedule, len(all))
	for i, s := range all {
		list[i] = telemetry.Schedule{ID: s.ID, Started: s.Started}
		if next := h.registry.Next(s.ID, 1); len(next) > 0 {
			list[i].NextAt = next[0]
		}
	}
	return list
}

package host

import (
	"context"
	"sync"
	"time"

	"butlerd/host/dispatch"
	"butlerd/host/run"
	"butlerd/host/store"
)

// owner is the host as the keeper of its lease sees it.
type owner struct{ *Host }

// Report implements lease.Owner.
func (h owner) Report() store.Report {
	l := h.current()
	r := store.Report{
		Version:    h.opts.Version,
		Address:    h.listener.Addr().String(),
		Labels:     l.config.Host.Labels,
		ConfigHash: l.hash,
		Draining:   h.draining.Load(),
	}
	if h.dispatcher == nil || l.plugins == nil {
		return r // it is joining
	}
	r.Running = h.dispatcher.Executing()
	for _, p := range l.plugins.list {
		s := p.plugin.Status()
		r.Plugins = append(r.Plugins, store.PluginReport{
			Name:    s.Name,
			Version: p.plugin.Description().Version,
			State:   string(s.State),
			Slots:   p.declared.MaxConcurrent,
			Running: h.dispatcher.Running(s.Name),
		})
	}
	return r
}

// Renewed implements lease.Owner: plugins end what they execute by themselves when
// they hear nothing any more.
func (h owner) Renewed(ctx context.Context, validFor time.Duration) {
	h.tellLease(ctx, h.current().plugins.list, validFor)
}

// tellLease tells plugins how long the lease is good.
func (h *Host) tellLease(ctx context.Context, plugins []*declaredPlugin, validFor time.Duration) {
	if validFor <= 0 {
		validFor = -1 // zero would be a lease without an end
	}
	var all sync.WaitGroup
	for _, p := range plugins {
		all.Go(func() {
			if err := p.plugin.Renew(ctx, validFor); err != nil {
				h.log.Warn("telling a plugin of the lease", "plugin", p.declared.Name, "err", err)
			}
		})
	}
	all.Wait()
}

// Lost implements lease.Owner.
func (h owner) Lost() { h.dispatcher.Fence() }

// Regained implements lease.Owner: what a plugin is still ending it would refuse to
// have company.
func (h owner) Regained(ctx context.Context) {
	for ctx.Err() == nil && h.executing() > 0 {
		pause(ctx, 10*time.Millisecond)
	}
}

// executing is how many calls the plugins are executing.
func (h *Host) executing() int {
	n := 0
	for _, p := range h.current().plugins.list {
		n += p.plugin.Status().Running
	}
	return n
}

// Joined implements lease.Owner.
func (h owner) Joined() { go h.redeclare() }

// redeclare tells other hosts what this host's files declare, until they know.
func (h *Host) redeclare() {
	for h.life.Err() == nil {
		err := h.registry.Redeclare(h.life)
		if err == nil {
			return
		}
		h.log.Warn("telling other hosts what is declared", "err", err)
		pause(h.life, time.Second)
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// Ended implements lease.Owner.
func (h owner) Ended(runs []run.Run) { h.dispatcher.Tell(runs) }

// News implements lease.Owner.
func (h owner) News(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, newsTimeout)
	defer cancel()
	news, err := h.registry.Sync(ctx)
	if err != nil {
		return err
	}
	h.follow(news)
	if err := h.dispatcher.Reclaim(ctx); err != nil || len(news.Waiting) == 0 && !h.dispatcher.Replaceable() {
		return err
	}
	return h.lookAfterWaiting(ctx)
}

// lookAfterWaiting sees, now and then, to what waits for what may never come.
func (h owner) lookAfterWaiting(ctx context.Context) error {
	if time.Since(h.lookedAt) < dispatch.SweepEvery {
		return nil
	}
	h.lookedAt = time.Now()
	return h.dispatcher.LookAfterWaiting(ctx)
}

// newsTimeout bounds one look for news.
const newsTimeout = 5 * time.Second

// follow does what other hosts ask for, and takes runs that wait.
func (h *Host) follow(news store.News) {
	for _, o := range news.Orders {
		h.log.Info("asked by another host", "for", o.Kind, "run", o.RunID)
		switch o.Kind {
		case store.OrderCancel:
			h.dispatcher.CancelSoon(o.RunID)
		case store.OrderReplace:
			h.dispatcher.ReplaceSoon(o.RunID)
		case store.OrderDrain:
			h.drain(true)
		case store.OrderResume:
			h.drain(false)
		}
	}
	for plugin := range news.Waiting {
		h.dispatcher.Wake(plugin)
	}
}

// drain makes this host claim and take nothing any more, or again.
func (h *Host) drain(on bool) {
	h.drainingMu.Lock()
	defer h.drainingMu.Unlock()
	if h.draining.Swap(on) == on {
		return
	}
	h.log.Info("draining", "on", on)
	h.registry.Drain(on)
	h.dispatcher.Drain(on)
}

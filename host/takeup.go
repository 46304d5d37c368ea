package host

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"butlerd/host/config"
	"butlerd/host/dispatch"
	"butlerd/host/registry"
	"butlerd/host/store"
)

// takeUp joins the store, settles the past, then takes up the schedules and lets
// them fire. A store that is away for a moment does not end it.
func (h *Host) takeUp(ctx context.Context, c *config.Config) error {
	h.wire(c)
	var joined store.Joined
	if err := h.insist(ctx, "joining", func() (err error) {
		joined, err = h.keeper.Join(ctx)
		return err
	}); err != nil {
		return err
	}
	h.closers.add("lease", h.leave)
	h.dispatcher.Tell(joined.Ended)
	first := h.keeper.HostID()
	// Another host took this one's lease over, if it has a new one: it is not alone
	// any more.
	alone := func() bool { return joined.Alone && h.keeper.HostID() == first }
	h.keeper.Start()
	if err := h.settlePast(ctx, c, alone); err != nil {
		return err
	}
	// Loading many schedules leaves about as much garbage as it keeps, and a host
	// that then does little would hold on to it for long.
	debug.FreeOSMemory()
	h.startSealing()
	h.startUpkeep()
	h.sweeper.Start()
	h.timekeeper.Start()
	h.follower.Start()
	h.engine.Start()
	h.closeInOrder(c.Host.ShutdownGrace)
	h.keeper.Follow()
	return nil
}

// settlePast settles what was due while no host was there, and takes up the
// schedules in between: only then is it known whether what could be caught up is owed
// still. Whatever happens on the way, another start finds what is not settled.
func (h *Host) settlePast(ctx context.Context, c *config.Config, alone func() bool) error {
	now := h.keeper.Now().UTC()
	recovery := dispatch.Recovery{Past: h.store, Sleep: h.store, Holds: h.store, Specs: h.specs, LateLimit: c.Host.LateLimit, Log: h.log}
	if h.shared != nil {
		recovery.Hosts = h.store
	}
	var found dispatch.Recovered
	steps := []struct {
		doing string
		do    func() error
	}{
		{"settling the past", func() (err error) {
			found, err = recovery.Run(ctx, alone(), now)
			return err
		}},
		{"taking up schedules", func() error {
			return h.registry.Load(ctx, h.loaded.declared(), registry.Start{Alone: alone(), Now: now, After: found.After})
		}},
		{"catching up", func() error { return h.dispatcher.CatchUp(ctx, found.Owed) }},
		{"telling of what was missed", func() error { return h.dispatcher.TellMissedSince(ctx, found.Since) }},
		{"settling the past", func() error { return recovery.Done(ctx, h.keeper.HostID(), found) }},
		{"taking up what waits", func() error { return h.dispatcher.TakeUp(ctx) }},
	}
	for _, step := range steps {
		if err := h.insist(ctx, step.doing, step.do); err != nil {
			return fmt.Errorf("%s: %w", step.doing, err)
		}
	}
	return nil
}

// closeInOrder says how what fires and executes is stopped.
func (h *Host) closeInOrder(grace time.Duration) {
	h.closers.add("dispatcher", func() error { h.dispatcher.Stop(grace); return nil })
	h.closers.add("engine", func() error {
		h.engine.Halt()       // what is given up now is open still, for whoever ends its schedule
		h.dispatcher.Refuse() // the engine waits for claims, and these may wait for the store
		h.sweeper.Stop()
		h.timekeeper.Stop()
		h.follower.Stop()
		h.engine.Stop()
		return nil
	})
}

// leaveTimeout bounds the giving back of the lease: without it, it runs out.
const leaveTimeout = 5 * time.Second

func (h *Host) leave() error {
	h.keeper.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	ended, err := h.keeper.Leave(ctx)
	h.dispatcher.Tell(ended)
	return err
}

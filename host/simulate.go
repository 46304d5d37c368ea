package host

import (
	"cmp"
	"context"
	"slices"
	"time"

	"butlerd/host/config"
	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/simulate"
	"butlerd/host/store"
)

// simulator simulates for the API.
type simulator struct {
	*Host
	turn chan struct{} // one simulation at a time: it takes a core and a few hundred megabytes at most
}

func newSimulator(h *Host) simulator { return simulator{h, make(chan struct{}, 1)} }

// Simulate implements api.Options.Simulate, with the schedules in force and what is
// known of their runs.
func (s simulator) Simulate(ctx context.Context, q simulate.Query) (*simulate.Report, error) {
	in, err := q.Input(s.keeper.Now(), s.running.Host.Timezone)
	if err != nil {
		return nil, err
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.turn }()
	if err := s.fill(ctx, &in, q); err != nil {
		return nil, err
	}
	return simulate.Run(ctx, in)
}

// fill adds what is played.
func (s simulator) fill(ctx context.Context, in *simulate.Input, q simulate.Query) error {
	list, err := simulate.Choose(q, s.registry.List(),
		func(one store.Schedule) string { return one.ID },
		func(one store.Schedule) bool { return one.Started })
	if err != nil {
		return err
	}
	if err := s.lanes(ctx, in); err != nil {
		return err
	}
	ofPlugin := s.current().config.PluginPools()
	for _, one := range list {
		spec, err := s.specs.Get(one.Timing())
		if err != nil {
			continue // it fires never, and the log said why
		}
		plugin := s.pluginOf(one.Action.Type)
		played := simulate.Declare(one.Definition, spec, plugin, cmp.Or(one.Pool, ofPlugin[plugin]))
		took, err := s.took(ctx, one.ID)
		if err != nil {
			return err
		}
		if took > 0 {
			played.Takes, played.Source = took, simulate.FromHistory
		}
		in.Schedules = append(in.Schedules, played)
	}
	return nil
}

// lanes adds what has slots. Those of a plugin are of each host.
func (s simulator) lanes(ctx context.Context, in *simulate.Input) error {
	hosts, err := s.store.Hosts(ctx)
	if err != nil {
		return err
	}
	alive := 0
	for _, h := range hosts {
		if h.EndedAt.IsZero() {
			alive++
		}
	}
	c := s.current().config
	in.Slots, in.Pools = slotsOf(c, max(alive, 1)), simulatedPools(c)
	return nil
}

// pastRuns is of how many runs the median is taken: of the last ones that
// succeeded.
const pastRuns = 50

// took is how long runs of a schedule took in the past; 0 when none has succeeded.
func (s simulator) took(ctx context.Context, id string) (time.Duration, error) {
	page, err := s.store.Runs(ctx, store.RunQuery{ScheduleID: id, States: []run.State{run.Succeeded}, Limit: pastRuns})
	if err != nil {
		return 0, err
	}
	var all []time.Duration
	for _, r := range page.Runs {
		if r.Step == "" { // follow-ups are other actions
			all = append(all, r.EndedAt.Sub(r.StartedAt))
		}
	}
	if len(all) == 0 {
		return 0, nil
	}
	slices.Sort(all)
	return max(all[len(all)/2], time.Second), nil
}

// Simulate plays a configuration without a host and without its plugins: durations
// are those declared.
func Simulate(ctx context.Context, c *config.Config, q simulate.Query) (*simulate.Report, error) {
	in, err := q.Input(time.Now(), c.Host.Timezone)
	if err != nil {
		return nil, err
	}
	list, err := simulate.Choose(q, c.Definitions(),
		func(d schedule.Definition) string { return d.ID },
		func(d schedule.Definition) bool { return d.Startup != schedule.StartupStopped })
	if err != nil {
		return nil, err
	}
	in.Slots, in.Pools = slotsOf(c, 1), simulatedPools(c)
	specs, ofPlugin := schedule.NewCache(), c.PluginPools()
	for _, d := range list {
		spec, err := specs.Get(d.Timing())
		if err != nil {
			return nil, err
		}
		plugin := likelyPlugin(c, d.Action.Type)
		in.Schedules = append(in.Schedules, simulate.Declare(d, spec, plugin, cmp.Or(d.Pool, ofPlugin[plugin])))
	}
	return simulate.Run(ctx, in)
}

// likelyPlugin is the plugin of an action as far as a configuration tells: the only
// one, or one of the action's name. Empty: only the plugins know.
func likelyPlugin(c *config.Config, action string) string {
	for _, p := range c.Plugins {
		if p.Name == action || len(c.Plugins) == 1 {
			return p.Name
		}
	}
	return ""
}

// slotsOf are the attempts at a time of plugins, on so many hosts together.
func slotsOf(c *config.Config, hosts int) map[string]int {
	slots := make(map[string]int, len(c.Plugins))
	for _, p := range c.Plugins {
		slots[p.Name] = p.MaxConcurrent * hosts
	}
	return slots
}

func simulatedPools(c *config.Config) map[string]simulate.Pool {
	pools := make(map[string]simulate.Pool, len(c.Pools))
	for name, p := range c.Pools {
		pools[name] = simulate.Pool{Slots: p.Slots, MaxWait: p.MaxWait}
	}
	return pools
}

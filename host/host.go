package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"butlerd/host/api"
	"butlerd/host/audit"
	"butlerd/host/config"
	"butlerd/host/dispatch"
	"butlerd/host/lease"
	"butlerd/host/registry"
	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/telemetry"
	"butlerd/host/upkeep"
)

// Host is one butlerd process. Start and Stop are repeatable, but a stopped host
// is not started again.
type Host struct {
	opts    Options
	log     *slog.Logger
	metrics *telemetry.Metrics
	specs   *schedule.Cache // recovery has read what the registry takes up next
	starter pluginStarter

	// set by Start, in this order
	listener   net.Listener
	store      store.Store
	shared     store.Shared // nil when the store is this host's alone
	keeper     *lease.Keeper
	dispatcher *dispatch.Dispatcher
	sweeper    *dispatch.Sweeper
	timekeeper *dispatch.Timekeeper
	follower   *dispatch.Follower
	registry   *registry.Registry
	engine     *schedule.Engine
	sealer     *audit.Sealer
	upkeep     *upkeep.Upkeep
	server     *api.Server
	served     chan struct{} // closed when server has ended
	closers    closers

	queries *queries // made by New

	draining   atomic.Bool // it claims and takes nothing
	drainingMu sync.Mutex  // one change of it at a time
	lookedAt   time.Time   // when it last looked after runs that wait

	reloading sync.Mutex     // one reload at a time
	retired   sync.WaitGroup // one for each replaced plugin that still has attempts

	mu     sync.Mutex
	state  state
	loaded *loaded

	// life ends when the host begins to stop: a reload under way is given up.
	life    context.Context
	endLife context.CancelFunc
	ended   chan struct{}  // closed when Stop is done
	running *config.Config // what the host was started with
}

type state int

const (
	fresh state = iota
	starting
	ready
	stopping
	stopped
)

// DiagnosticsError says that a configuration is not usable.
type DiagnosticsError struct{ Diagnostics config.Diagnostics }

// Error implements error.
func (e *DiagnosticsError) Error() string { return e.Diagnostics.Err().Error() }

// New loads the configuration and makes a host that is not started: no port is
// open, no process runs, nothing is written. The diagnostics hold warnings too;
// with errors in them the error is a *DiagnosticsError.
func New(o Options) (*Host, config.Diagnostics, error) {
	o.Config.Bundled = o.names()
	c, diags := config.Load(o.Config)
	if diags.HasErrors() {
		return nil, diags, &DiagnosticsError{diags}
	}
	log := o.Log
	if log == nil {
		log = newLog(os.Stderr, c.Host)
	}
	h := &Host{
		opts:    o,
		log:     log,
		metrics: telemetry.New(o.Version),
		specs:   schedule.NewCache(),
		loaded:  &loaded{config: c},
	}
	h.starter = pluginStarter{opts: o, log: log}
	h.life, h.endLife = context.WithCancel(context.Background())
	h.ended = make(chan struct{})
	h.queries = newQueries()
	return h, diags, nil
}

// Start brings the host up: when it returns, the API answers and schedules fire.
// When it fails, nothing is left running.
func (h *Host) Start(ctx context.Context) (config.Diagnostics, error) {
	if !h.enter(fresh, starting) {
		return nil, errors.New("the host was started before")
	}
	diags, err := h.start(ctx)
	if err != nil {
		h.closers.close(h.log)
		h.enter(starting, stopped)
		return diags, err
	}
	h.metrics.Reloaded(true)
	h.enter(starting, ready)
	h.log.Info("host ready", "listen", h.Addr().String(), "schedules", len(h.registry.List()), "version", h.opts.Version)
	return diags, nil
}

// start does what is fallible, from the outside in: the address first, as a port
// in use is the commonest mistake and the cheapest to notice.
func (h *Host) start(ctx context.Context) (config.Diagnostics, error) {
	c := h.loaded.config
	h.running = c
	if err := h.listen(c.Host); err != nil {
		return nil, err
	}
	if err := h.openStore(ctx, c); err != nil {
		return nil, err
	}
	h.closers.add("api", h.stopServing) // after all else: what runs out can be watched
	h.starter.socketDir = h.socketDir(c.Host.DataDir)
	l, diags := complete(ctx, c, h.starter, nil)
	if diags.HasErrors() {
		return diags, &DiagnosticsError{diags}
	}
	h.loaded = l
	h.closers.add("plugins", h.stopPlugins)
	if err := h.takeUp(ctx, c); err != nil {
		return diags, err
	}
	return diags, h.serve(c)
}

func (h *Host) listen(c config.Host) error {
	h.listener = h.opts.Listener
	if h.listener == nil {
		l, err := net.Listen("tcp", c.Listen)
		if err != nil {
			return fmt.Errorf("listening on %s: %w", c.Listen, plainNetError(err))
		}
		h.listener = l
	}
	h.closers.add("listener", func() error {
		if err := h.listener.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return nil
}

func (h *Host) openStore(ctx context.Context, c *config.Config) (err error) {
	if err := os.MkdirAll(c.Host.DataDir, 0o700); !h.opts.InMemory && err != nil {
		return fmt.Errorf("making the data directory: %w", err)
	}
	where := c.Store
	if h.opts.InMemory {
		where = config.Store{Kind: "sqlite", Path: ":memory:"}
	}
	if h.store = h.opts.Store; h.store == nil {
		if h.store, err = OpenStore(ctx, where, h.log); err != nil {
			return err
		}
	}
	h.shared, _ = h.store.(store.Shared)
	h.closers.add("store", h.store.Close)
	return nil
}

// maxSocketDir leaves room for what go-plugin appends: a socket's path is limited
// to 104 bytes on some systems.
const maxSocketDir = 60

// socketDir is where plugins make their sockets: below the data directory, so
// that what a killed host left behind is found and removed. Empty: where the
// system keeps temporary files.
func (h *Host) socketDir(dataDir string) string {
	dir, err := filepath.Abs(filepath.Join(dataDir, "plugin-sockets"))
	if err != nil || h.opts.InMemory || len(dir) > maxSocketDir {
		return ""
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return ""
	}
	leftovers, err := filepath.Glob(filepath.Join(dir, "plugin-dir*")) // go-plugin's name for them
	if err != nil {
		return ""
	}
	for _, old := range leftovers {
		if err := os.RemoveAll(old); err != nil {
			h.log.Warn("removing what a former host left", "dir", old, "err", err)
		}
	}
	return dir
}

// wire makes the parts that cannot fail.
func (h *Host) wire(c *config.Config) {
	h.keeper = lease.New(lease.Options{
		Hosts: h.store, Shared: h.shared, Name: c.Host.Name, KeepFor: c.Host.LateLimit, Owner: owner{h}, Now: h.opts.Now, Log: h.log,
	})
	var others *neighbours
	o := dispatch.Options{
		Lease:     h.keeper,
		Ledger:    h.store,
		Schedules: schedules{h},
		LateLimit: c.Host.LateLimit,
		PluginOf:  h.pluginOf,
		Permit:    h.permitAction,
		Observer:  h.metrics,
		Log:       h.log,
	}
	o.Queue, o.Outbox, o.Holds = h.store, h.store, h.store
	if h.shared != nil {
		others = &neighbours{shared: h.shared, hosts: h.store, keeper: h.keeper,
			registry: func() *registry.Registry { return h.registry }, follow: h.follow}
		o.Neighbours = others
	}
	h.dispatcher = dispatch.New(o)
	h.engine = schedule.NewEngine(schedule.Options{Handle: h.dispatcher.Fire, Now: h.keeper.Now})
	h.sweeper = dispatch.NewSweeper(h.dispatcher, h.specs)
	h.follower = dispatch.NewFollower(h.dispatcher)
	h.timekeeper = dispatch.NewTimekeeper(h.dispatcher)
	h.registry = h.newRegistry(c, others)
	h.metrics.Watch(telemetry.Sources{Schedules: h.scheduleMetrics, Plugins: h.pluginMetrics, Lease: h.holdsLease})
	for _, p := range h.loaded.plugins.list {
		h.dispatcher.SetPlugin(p.declared.Name, p.plugin, p.declared.MaxConcurrent)
	}
	h.setPools(h.loaded)
}

func (h *Host) newRegistry(c *config.Config, others *neighbours) *registry.Registry {
	o := registry.Options{
		Store:     h.store,
		Labels:    c.Host.Labels,
		LateLimit: c.Host.LateLimit,
		Now:       h.keeper.Now,
		Engine:    h.engine,
		Specs:     h.specs,
		PluginOf:  h.pluginOf,
		Permit:    h.permit,
		Dropped:   h.metrics.Forget,
		Foreign:   h.sweeper.Wake,
		Swept:     h.sweeper.Swept,
		Log:       h.log,
	}
	if others != nil {
		o.Neighbours = others
	}
	return registry.New(o)
}

func (h *Host) holdsLease() bool {
	_, held := h.keeper.Held()
	return held
}

// schedules are those of the registry, which is made after the dispatcher.
type schedules struct{ *Host }

// Job implements dispatch.Schedules.
func (h schedules) Job(id string) (dispatch.Job, bool) { return h.registry.Job(id) }

// Select implements dispatch.Schedules.
func (h schedules) Select(match func(schedule.Definition) bool) []string {
	return h.registry.Select(match)
}

// Foreign implements dispatch.Schedules.
func (h schedules) Foreign() map[string]time.Time { return h.registry.Foreign() }

// Stop ends the host: it fires nothing from now on, open runs have their grace,
// plugins end, the store is closed. It is repeatable, and waits, also for a Stop
// under way. A host that is starting is ended by Start's context instead.
func (h *Host) Stop() {
	if !h.enter(ready, stopping) {
		h.awaitStop()
		return
	}
	defer close(h.ended)
	h.endLife()
	// A reload under way may be starting plugins; another one is refused by now.
	h.reloading.Lock()
	defer h.reloading.Unlock()
	h.log.Info("host stopping")
	h.closers.close(h.log)
	h.enter(stopping, stopped)
	h.log.Info("host stopped")
}

func (h *Host) awaitStop() {
	h.mu.Lock()
	state := h.state
	h.mu.Unlock()
	if state == stopping {
		<-h.ended
	}
}

// Hurry makes a Stop that is under way not wait for open runs: they are asked to
// end at once.
func (h *Host) Hurry() {
	if d := h.dispatcher; d != nil {
		d.Hurry()
	}
}

// Addr is where the API listens, once the host is started.
func (h *Host) Addr() net.Addr { return h.listener.Addr() }

func (h *Host) enter(from, to state) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state != from {
		return false
	}
	h.state = to
	return true
}

func (h *Host) current() *loaded {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.loaded
}

func (h *Host) pluginOf(action string) string { return h.current().plugins.pluginOf(action) }

func (h *Host) stopPlugins() error {
	var all sync.WaitGroup
	for _, p := range h.current().plugins.list {
		all.Go(p.plugin.Stop)
	}
	all.Wait()
	h.retired.Wait()
	return nil
}

// Ledger is the host's store, for tests that compare it with what should be in
// it; set once the host is started.
func (h *Host) Ledger() store.Store { return h.store }

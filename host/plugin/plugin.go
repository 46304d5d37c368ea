package plugin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/schema"
	"butlerd/sdk/wire"
)

// ErrUnavailable is returned by calls to a plugin that has no process to answer
// them.
var ErrUnavailable = errors.New("plugin not available")

// How a process ended.
var (
	errDied    = errors.New("the process ended")
	errAborted = errors.New("the host killed the process")
)

// Options are what New needs.
type Options struct {
	Spec        Spec
	HostVersion string
	// SocketDir is where sockets of processes are made; empty: the system's
	// directory for temporary files. Keep it short: a socket's path is limited to
	// about a hundred bytes.
	SocketDir string
	// Redact masks secrets in what the plugin wrote, before it is logged or shown;
	// nil: there are none.
	Redact func(string) string
	Log    *slog.Logger
}

// Plugin supervises a declared plugin. Its methods are safe for concurrent use.
type Plugin struct {
	spec        Spec
	hostVersion string
	launcher    launcher
	redact      func(string) string
	log         *slog.Logger

	mu          sync.Mutex
	state       State
	changed     chan struct{} // closed and replaced at each change of state
	process     *process      // not nil while Ready
	description Description
	config      []byte   // what Configure accepted last; nil before
	validity    validity // what Renew told last
	status      Status
	stopping    context.CancelFunc // ends supervision; nil while Stopped
	stopped     chan struct{}      // closed when supervision has ended
}

// New makes a plugin that is not started.
func New(o Options) *Plugin {
	spec := o.Spec.withDefaults()
	log := o.Log.With("plugin", spec.Name)
	if o.Redact == nil {
		o.Redact = func(text string) string { return text }
	}
	p := &Plugin{
		spec:        spec,
		hostVersion: o.HostVersion,
		redact:      o.Redact,
		log:         log,
		state:       Stopped,
		changed:     make(chan struct{}),
	}
	if len(spec.Command) == 0 {
		p.launcher = pipeLauncher{make: spec.Make}
	} else {
		p.launcher = execLauncher{spec: spec, socketDir: o.SocketDir, redact: o.Redact, log: log}
	}
	return p
}

// Name is the plugin's name.
func (p *Plugin) Name() string { return p.spec.Name }

// Start launches the first process and waits until it has described itself. From
// then on the plugin is supervised until Stop. A plugin that is started already
// is left as it is.
func (p *Plugin) Start(ctx context.Context) error {
	p.mu.Lock()
	if p.state != Stopped {
		p.mu.Unlock()
		return nil
	}
	p.setState(Starting)
	p.mu.Unlock()
	if err := p.first(ctx); err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.setState(Stopped)
		return fmt.Errorf("starting plugin %q: %w", p.spec.Name, err)
	}
	return nil
}

// first starts the first life and its supervision.
func (p *Plugin) first(ctx context.Context) error {
	proc, description, err := p.begin(ctx)
	if err != nil {
		return err
	}
	err = p.admit(ctx, proc, func() {
		p.description = description
		p.enter(proc)
		life, stop := context.WithCancel(context.Background())
		p.stopping, p.stopped = stop, make(chan struct{})
		go p.supervise(life, proc, p.stopped)
	})
	if err != nil {
		proc.stop()
	}
	return err
}

// begin starts one life: a process that has said what it is.
func (p *Plugin) begin(ctx context.Context) (*process, Description, error) {
	proc, err := p.launcher.launch(ctx)
	if err != nil {
		return nil, Description{}, err
	}
	description, err := describe(ctx, proc, p.spec, p.hostVersion)
	if err != nil {
		proc.stop()
		return nil, Description{}, err
	}
	proc.aborted = make(chan struct{})
	proc.heedsLease = slices.Contains(description.Features, featureRenew)
	return proc, description, nil
}

// enter makes proc the one that answers calls. The caller holds p.mu.
func (p *Plugin) enter(proc *process) {
	p.process = proc
	p.status.PID, p.status.SHA256, p.status.StartedAt = proc.pid, proc.sum, time.Now()
	p.status.NextTryAt = time.Time{}
	p.setState(Ready)
	p.log.Info("plugin ready", "version", p.description.Version, "pid", proc.pid)
}

// setState changes the state and wakes who waits for that. The caller holds p.mu.
func (p *Plugin) setState(s State) {
	p.state = s
	close(p.changed)
	p.changed = make(chan struct{})
}

// Stop ends the process and everything it started, and waits for that. Attempts
// that still run lose their plugin: end them before. It is repeatable.
func (p *Plugin) Stop() {
	p.mu.Lock()
	stop, stopped := p.stopping, p.stopped
	p.stopping = nil
	if stop != nil {
		p.setState(Stopping)
		stop()
	}
	p.mu.Unlock()
	if stopped != nil {
		<-stopped
	}
}

// abort ends a process and everything it started at once, without a word to it,
// and does not wait for that. Attempts that still run lose their plugin. Unlike
// after Stop, supervision starts the next process. A process that another has
// taken the place of is left as it is.
func (p *Plugin) abort(proc *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if proc == nil || p.process != proc {
		return
	}
	close(proc.aborted)
	p.vacate()
}

// Description is what the plugin said of itself; zero before Start.
func (p *Plugin) Description() Description {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.description
}

// Resumes says whether an action can look for an attempt that was lost. It is
// false for an action the plugin does not have, and before Start.
func (p *Plugin) Resumes(action string) bool { return p.Description().Resumes(action) }

// Status says where the plugin stands.
func (p *Plugin) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.status
	s.Name, s.State = p.spec.Name, p.state
	s.HeedsLease = slices.Contains(p.description.Features, featureRenew)
	return s
}

// Configure hands the configuration to the plugin, and again to each process
// that follows. When a diagnostic is an error, the plugin keeps the former one.
func (p *Plugin) Configure(ctx context.Context, config []byte) ([]schema.Diagnostic, error) {
	proc, err := p.ready(ctx)
	if err != nil {
		return nil, err
	}
	diags, err := configure(ctx, proc, p.spec, config)
	if err != nil || hasErrors(diags) {
		return diags, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.config = config
	return diags, nil
}

func configure(ctx context.Context, proc *process, spec Spec, config []byte) ([]schema.Diagnostic, error) {
	ctx, cancel := context.WithTimeout(ctx, spec.StartTimeout)
	defer cancel()
	answer, err := proc.client.Configure(ctx, &actionv1.ConfigureRequest{ConfigJson: config})
	if err != nil {
		return nil, fmt.Errorf("configuring plugin %q: %w", spec.Name, plainStatus(err))
	}
	return wire.ToDiagnostics(answer.GetDiagnostics()), nil
}

// Validate asks the plugin what is wrong with arguments, without running them.
func (p *Plugin) Validate(ctx context.Context, action string, arguments []byte) ([]schema.Diagnostic, error) {
	proc, err := p.ready(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.spec.StartTimeout)
	defer cancel()
	answer, err := proc.client.Validate(ctx, &actionv1.ValidateRequest{Action: action, ArgumentsJson: arguments})
	if err != nil {
		return nil, fmt.Errorf("asking plugin %q to check arguments: %w", p.spec.Name, plainStatus(err))
	}
	return wire.ToDiagnostics(answer.GetDiagnostics()), nil
}

// ready returns the process that answers calls. It waits for a restart that is
// under way, at most for the start timeout.
func (p *Plugin) ready(ctx context.Context) (*process, error) { return p.readyBut(ctx, nil) }

// readyBut is ready, but does not take a process that is known to be dead: the
// supervisor may not have noticed yet.
func (p *Plugin) readyBut(ctx context.Context, dead *process) (*process, error) {
	timeout := time.NewTimer(p.spec.StartTimeout)
	defer timeout.Stop()
	for {
		p.mu.Lock()
		proc, state, changed, last := p.process, p.state, p.changed, p.status.LastError
		p.mu.Unlock()
		if state == Ready && proc != dead {
			return proc, nil
		}
		if state == Stopped || state == Stopping {
			return nil, fmt.Errorf("plugin %q is %s: %w", p.spec.Name, state, ErrUnavailable)
		}
		select {
		case <-changed:
		case <-timeout.C:
			return nil, fmt.Errorf("plugin %q is %s (%s): %w", p.spec.Name, state, last, ErrUnavailable)
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for plugin %q: %w", p.spec.Name, ctx.Err())
		}
	}
}

func hasErrors(diags []schema.Diagnostic) bool {
	for _, d := range diags {
		if d.Severity == schema.Error {
			return true
		}
	}
	return false
}

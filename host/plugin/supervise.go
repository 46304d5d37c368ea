package plugin

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Restarts wait longer from failure to failure, and start over after a life
// that lasted.
const (
	firstBackoff = time.Second
	maxBackoff   = 2 * time.Minute
	healthyAfter = 5 * time.Minute
)

// supervise keeps the plugin alive until ctx is done. It owns the process: no
// other goroutine stops it.
func (p *Plugin) supervise(ctx context.Context, proc *process, stopped chan struct{}) {
	defer close(stopped)
	backoff := firstBackoff
	for {
		born := time.Now()
		why := proc.watch(ctx)
		p.leave()
		if proc.isAborted() {
			proc.kill()
		}
		proc.stop()
		if ctx.Err() != nil {
			p.settle(Stopped)
			return
		}
		if time.Since(born) >= healthyAfter {
			backoff = firstBackoff
		}
		p.fail(obituary(why, proc.lastWords()))
		if proc, backoff = p.revive(ctx, backoff); proc == nil {
			p.settle(Stopped)
			return
		}
	}
}

// leave takes the process out of service: calls wait from now on.
func (p *Plugin) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.vacate()
}

// vacate is leave for a caller that holds p.mu.
func (p *Plugin) vacate() {
	p.process = nil
	p.status.PID = 0
	if p.state == Ready {
		p.setState(Starting)
	}
}

func (p *Plugin) settle(s State) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.setState(s)
	p.log.Info("plugin stopped")
}

func (p *Plugin) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status.LastError = p.redact(err.Error())
	p.log.Error("plugin failed", "err", p.status.LastError)
}

func obituary(why error, words string) error {
	if words == "" {
		return why
	}
	return fmt.Errorf("%w; it said last: %s", why, words)
}

// revive starts processes until one is ready. It returns nil when ctx is done.
func (p *Plugin) revive(ctx context.Context, backoff time.Duration) (*process, time.Duration) {
	for {
		if !p.pause(ctx, backoff) {
			return nil, 0
		}
		backoff = min(2*backoff, maxBackoff)
		proc, err := p.again(ctx)
		if err == nil {
			return proc, backoff
		}
		if ctx.Err() != nil {
			return nil, 0
		}
		p.fail(err)
	}
}

// pause waits before the next try, with up to a fifth more, so that the plugins
// of one host do not all come back in the same moment.
func (p *Plugin) pause(ctx context.Context, backoff time.Duration) bool {
	wait := backoff + rand.N(backoff/5)
	p.mu.Lock()
	p.status.NextTryAt = time.Now().Add(wait)
	p.setState(Failing)
	p.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// again starts a further life, configured as the one before it.
func (p *Plugin) again(ctx context.Context) (*process, error) {
	p.mu.Lock()
	p.status.Restarts++
	config, before := p.config, p.description
	p.setState(Starting)
	p.mu.Unlock()
	proc, description, err := p.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.settleIn(ctx, proc, before, description, config); err != nil {
		proc.stop()
		return nil, err
	}
	if err := p.admit(ctx, proc, func() { p.enter(proc) }); err != nil {
		proc.stop()
		return nil, err
	}
	return proc, nil
}

// settleIn refuses a program that is not the one that was started before: the
// configuration was checked against the schemas of that one.
func (p *Plugin) settleIn(ctx context.Context, proc *process, before, now Description, config []byte) error {
	if now.BuildID != before.BuildID || now.Version != before.Version {
		return errors.New("the program was replaced by another build: reload the configuration to use it")
	}
	if config == nil {
		return nil
	}
	diags, err := configure(ctx, proc, p.spec, config)
	if err != nil {
		return err
	}
	if hasErrors(diags) {
		return fmt.Errorf("it does not accept its configuration any more: %s", diags[0].Summary)
	}
	return nil
}

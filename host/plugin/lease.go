package plugin

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

// featureRenew is how a plugin says that it has the Renew call.
const featureRenew = "renew"

// validity is what a plugin is to know of the host's lease. The zero value says
// that there is none, and no limit.
type validity struct {
	lasts time.Duration
	from  time.Time
}

// left is what remains of it, by the clock that went further: the one that never
// jumps stands still while the machine is suspended. It is never zero, which
// would mean that there is no limit.
func (v validity) left(now time.Time) time.Duration {
	if v == (validity{}) {
		return 0
	}
	passed := max(now.Sub(v.from), now.Round(0).Sub(v.from.Round(0)))
	return max(v.lasts-passed, 1)
}

// Renew tells the plugin for how long the host's lease is still good, from now
// on; zero: there is no lease. A plugin that hears nothing for that long ends by
// itself what it executes. What is deaf to that goes on for up to a tenth longer (0.1
// to 5 seconds) and ends with the process, so leave that much of the lease over. Renew
// waits for the plugin at most for Spec.RenewTimeout.
//
// A plugin that has no process, or does not heed leases, is told nothing; but
// each process to come is, before it executes anything. Calls that overlap may
// reach the plugin in any order, so the host makes one after the other.
func (p *Plugin) Renew(ctx context.Context, validFor time.Duration) error {
	v := validity{}
	if validFor != 0 {
		v = validity{lasts: max(validFor, 1), from: time.Now()}
	}
	p.mu.Lock()
	p.validity = v
	proc := p.process
	p.mu.Unlock()
	if proc == nil {
		return nil
	}
	return p.tell(ctx, proc, v)
}

// tell hands what remains of v to a process.
func (p *Plugin) tell(ctx context.Context, proc *process, v validity) error {
	if !proc.heedsLease {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.spec.RenewTimeout)
	defer cancel()
	_, err := proc.client.Renew(ctx, &actionv1.RenewRequest{ValidFor: durationpb.New(v.left(time.Now()))})
	if err != nil {
		return fmt.Errorf("telling plugin %q of the host's lease: %w", p.spec.Name, plainStatus(err))
	}
	return nil
}

// admit calls enter, under p.mu, once proc knows of the lease. Renew may be called
// meanwhile, which does not know proc yet.
func (p *Plugin) admit(ctx context.Context, proc *process, enter func()) error {
	told := validity{}
	for {
		p.mu.Lock()
		v := p.validity
		if v == told {
			enter()
			p.mu.Unlock()
			return nil
		}
		p.mu.Unlock()
		if err := p.tell(ctx, proc, v); err != nil {
			return err
		}
		told = v
	}
}

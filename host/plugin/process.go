package plugin

import (
	"context"
	"time"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
)

// process is one life of a plugin. It is never started again; the next life is
// another process.
type process struct {
	client actionv1.ActionServiceClient
	// died is closed when the process has ended, by itself or not.
	died <-chan struct{}
	// heedsLease says that the process wants to be told of the host's lease.
	heedsLease bool
	// aborted is closed when the process is to be killed.
	aborted chan struct{}
	pid     int // 0 in the host's own process
	// sum is the checksum of the program; empty for one that needs no check.
	sum string
	// check says whether the process still answers; nil when there is nothing that
	// could hang by itself.
	check func(context.Context) error
	// stop ends the process, at the latest after its own short grace, and returns
	// when nothing of it is left.
	stop func()
	// kill ends the process and what it started without any grace, and does not
	// wait. stop is still to be called.
	kill func()
	// lastWords are the last lines the process wrote to stderr.
	lastWords func() string
}

// launcher starts processes of one plugin.
type launcher interface {
	launch(ctx context.Context) (*process, error)
}

// pingInterval is how often a process is asked whether it lives. A dead one is
// noticed at once, by its connection; this is for one that hangs.
const (
	pingInterval = 15 * time.Second
	pingTimeout  = 10 * time.Second
)

// watch returns when the process has died, does not answer or is to be killed, or
// ctx is done. It says why.
func (p *process) watch(ctx context.Context) error {
	var tick <-chan time.Time
	if p.check != nil {
		ticker := time.NewTicker(pingInterval)
		defer ticker.Stop()
		tick = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.died:
			return errDied
		case <-p.aborted:
			return errAborted
		case <-tick:
			if err := p.ping(ctx); err != nil {
				return err
			}
		}
	}
}

func (p *process) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	answer := make(chan error, 1)
	go func() { answer <- p.check(ctx) }()
	select {
	case err := <-answer:
		return err
	case <-p.aborted: // a process that is to be killed may be one that does not answer
		return errAborted
	}
}

func (p *process) isAborted() bool {
	select {
	case <-p.aborted:
		return true
	default:
		return false
	}
}

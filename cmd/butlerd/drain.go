package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// drain asks a host to claim and take nothing any more, or again, over the API of
// any host.
func (p *program) drain(ctx context.Context, args []string) error {
	fs := p.flags("drain")
	address := addressFlag(fs)
	name := fs.String("host", "", "the `name or id` of the host to drain (default the one that answers)")
	resume := fs.Bool("resume", false, "end a drain")
	wait := fs.Duration("wait", 0, "wait at most this `duration` until the host executes nothing")
	if err := parse(fs, args); err != nil {
		return err
	}
	if *wait < 0 || *resume && *wait != 0 {
		return usageError{"butlerd drain: -wait takes a duration such as 5m, and does not go with -resume"}
	}
	r, err := p.remote("drain", *address)
	if err != nil {
		return err
	}
	ctx, stop := p.untilStopped(ctx)
	defer stop()
	h, err := r.find(ctx, *name)
	if err != nil {
		return err
	}
	if *resume {
		return p.resume(ctx, r, h)
	}
	if err := r.post(ctx, "/api/v1/hosts/"+url.PathEscape(h.ID)+"/drain", &h); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "Host %q is asked to take nothing more. It executes %s.\n", h.Name, attempts(h.Running))
	if *wait == 0 {
		return nil
	}
	return p.awaitDrained(ctx, r, h, *wait)
}

func (p *program) resume(ctx context.Context, r *remote, h hostInfo) error {
	if err := r.post(ctx, "/api/v1/hosts/"+url.PathEscape(h.ID)+"/resume", &h); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "Host %q is asked to work again.\n", h.Name)
	return nil
}

// find is the host of a name or an id; of the one that answers when it is empty.
func (r *remote) find(ctx context.Context, wanted string) (hostInfo, error) {
	list, err := r.hosts(ctx)
	if err != nil {
		return hostInfo{}, err
	}
	var named []hostInfo
	for _, h := range list {
		switch {
		case h.ID == wanted, wanted == "" && h.Self:
			return h, nil
		case h.Name == wanted && h.EndedAt == nil:
			named = append(named, h)
		}
	}
	if len(named) == 1 {
		return named[0], nil
	}
	return hostInfo{}, unclear(wanted, named)
}

// unclear says why a host was not found.
func unclear(wanted string, named []hostInfo) error {
	if len(named) == 0 && wanted == "" {
		return fmt.Errorf("the host that answers holds no lease at the moment; butlerd hosts lists those that do")
	}
	if len(named) == 0 {
		return fmt.Errorf("there is no host %q; butlerd hosts lists them", wanted)
	}
	var ids []string
	for _, h := range named {
		ids = append(ids, h.ID)
	}
	return fmt.Errorf("several hosts are called %q: give the id of one, %s", wanted, strings.Join(ids, " or "))
}

// drainPoll is how often a host that drains is looked at.
const drainPoll = 500 * time.Millisecond

// awaitDrained waits until a host has heard of its drain and executes nothing.
func (p *program) awaitDrained(ctx context.Context, r *remote, h hostInfo, limit time.Duration) error {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	poll := time.NewTicker(drainPoll)
	defer poll.Stop()
	for !h.drained() {
		select {
		case <-poll.C:
		case <-deadline.C:
			return fmt.Errorf("host %q still executes %s after %s; it stays drained", h.Name, attempts(h.Running), limit)
		case <-ctx.Done():
			return errInterrupted
		}
		var err error
		if h, err = r.find(ctx, h.ID); err != nil {
			return err
		}
	}
	fmt.Fprintf(p.stdout, "Host %q executes nothing.\n", h.Name)
	return nil
}

// drained says that a host takes nothing and executes nothing, be it because it
// has ended.
func (h hostInfo) drained() bool { return h.EndedAt != nil || h.Draining && h.Running == 0 }

func attempts(n int) string {
	if n == 1 {
		return "1 attempt"
	}
	return fmt.Sprintf("%d attempts", n)
}

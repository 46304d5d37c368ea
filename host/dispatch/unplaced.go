package dispatch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// waitingTimeout bounds one look at the runs that wait.
const waitingTimeout = 10 * time.Second

// LookAfterWaiting sees to runs that wait for what may never come by itself: those
// that no host can execute end when their wait is over, or they would keep the firings
// that follow from running for ever; and what this host executes ends that a waiting
// one is there to replace. It is for hosts with neighbours: one that is alone in its
// store has no orders that may be lost.
func (d *Dispatcher) LookAfterWaiting(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, waitingTimeout)
	defer cancel()
	q := store.RunQuery{States: []run.State{run.Waiting}, Limit: store.MaxPage}
	for {
		page, err := d.opts.Ledger.Runs(ctx, q)
		if err != nil {
			return fmt.Errorf("looking at the runs that wait: %w", err)
		}
		d.yield(page.Runs)
		if err := d.endUnplaced(ctx, page.Runs); err != nil {
			return err
		}
		if q.After = page.Next; q.After == (store.RunCursor{}) {
			return nil
		}
	}
}

// Replaceable says whether this host executes a run that a later firing would
// replace.
func (d *Dispatcher) Replaceable() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.open {
		if a.job.Definition.Overlap == schedule.OverlapReplace {
			return true
		}
	}
	return false
}

func (d *Dispatcher) endUnplaced(ctx context.Context, waiting []run.Run) error {
	if len(waiting) == 0 {
		return nil
	}
	hosts, err := d.opts.Neighbours.Hosts(ctx)
	if err != nil {
		return fmt.Errorf("listing the hosts: %w", err)
	}
	for _, r := range waiting {
		if d.placed(r, hosts) {
			continue
		}
		if _, err := d.abandon(ctx, r.ID, run.Cancelled, run.ReasonNoHost); err != nil {
			return err
		}
	}
	return nil
}

// placed says whether a waiting run is to be left waiting: some host can execute it,
// or may still come.
func (d *Dispatcher) placed(r run.Run, hosts []store.Host) bool {
	if r.ScheduleID == "" {
		// What is listed is without its work; any host with the plugin may execute it.
		return d.has(r.Plugin) || d.now().Sub(waitsSince(r)) < schedule.DefaultWait || anyHas(hosts, r.Plugin)
	}
	job, ok := d.jobOf(r)
	return ok && job.Here && job.Plugin == r.Plugin || d.now().Sub(waitsSince(r)) < job.Definition.Placement.Patience() || anyCan(hosts, job, r.Plugin)
}

// waitsSince is since when a run could be executed.
func waitsSince(r run.Run) time.Time {
	if r.ReadyAt.After(r.CreatedAt) {
		return r.ReadyAt
	}
	return r.CreatedAt
}

// anyCan says whether a host is there that may execute the job, and has its plugin.
func anyCan(hosts []store.Host, job Job, plugin string) bool {
	for _, h := range hosts {
		if !h.EndedAt.IsZero() || h.Report.Draining || !job.Definition.Placement.Allows(h.Report.Labels) {
			continue
		}
		if reports(h, plugin) {
			return true
		}
	}
	return false
}

// anyHas says whether a host is there that has a plugin. One that drains counts: it
// takes what waits when that is over, as this one does.
func anyHas(hosts []store.Host, plugin string) bool {
	return slices.ContainsFunc(hosts, func(h store.Host) bool { return h.EndedAt.IsZero() && reports(h, plugin) })
}

// reports says whether a host has reported a plugin.
func reports(h store.Host, plugin string) bool {
	return slices.ContainsFunc(h.Report.Plugins, func(p store.PluginReport) bool { return p.Name == plugin })
}

package dispatch

import (
	"context"
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// unplacedTimeout bounds one look for runs that no host can execute.
const unplacedTimeout = 10 * time.Second

// GiveUpUnplaced ends runs that wait for a host with the labels or the plugin, when
// there is none any more and their wait is over: else they would keep the firings
// that follow from running for ever.
func (d *Dispatcher) GiveUpUnplaced(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, unplacedTimeout)
	defer cancel()
	q := store.RunQuery{States: []run.State{run.Waiting}, Limit: store.MaxPage}
	for {
		page, err := d.opts.Ledger.Runs(ctx, q)
		if err != nil {
			return fmt.Errorf("looking for runs that no host can execute: %w", err)
		}
		if err := d.endUnplaced(ctx, page.Runs); err != nil {
			return err
		}
		if q.After = page.Next; q.After == (store.RunCursor{}) {
			return nil
		}
	}
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
		job, ok := d.opts.Schedules.Job(r.ScheduleID)
		if ok && job.Here && job.Plugin == r.Plugin || d.now().Sub(r.CreatedAt) < job.Definition.Placement.Patience() || anyCan(hosts, job, r.Plugin) {
			continue
		}
		if _, err := d.abandon(ctx, r.ID, run.Cancelled, run.ReasonNoHost); err != nil {
			return err
		}
	}
	return nil
}

// anyCan says whether a host is there that may execute the job, and has its plugin.
func anyCan(hosts []store.Host, job Job, plugin string) bool {
	for _, h := range hosts {
		if !h.EndedAt.IsZero() || h.Report.Draining || !job.Definition.Placement.Allows(h.Report.Labels) {
			continue
		}
		for _, p := range h.Report.Plugins {
			if p.Name == plugin {
				return true
			}
		}
	}
	return false
}

package sqlite

import (
	"context"
	"fmt"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// chunk is how many firings one transaction settles at most, so that the first
// of many need not wait for the last, and other writes come in between.
const chunk = 1000

// Claim settles firings, a thousand in a transaction. With an error it returns
// what became of the chunks before it.
func (d *DB) Claim(ctx context.Context, c store.Claim) ([]store.Claimed, error) {
	if err := c.Check(); err != nil {
		return nil, fmt.Errorf("claiming firings: %w", err)
	}
	all := make([]store.Claimed, 0, len(c.Due))
	for {
		part, rest := c, c.Due[min(chunk, len(c.Due)):]
		if part.Due = c.Due[:len(c.Due)-len(rest)]; len(rest) > 0 {
			part.Until = time.Time{} // the last chunk moves what is settled
		}
		claimed, err := submit(ctx, d.writer, "claiming firings", each((*tx).claim), part)
		if err != nil {
			return all, err
		}
		if all, c.Due = append(all, claimed...), rest; len(rest) == 0 {
			return all, nil
		}
	}
}

// claim settles one chunk. Its Until is zero when more chunks follow.
func (t *tx) claim(c store.Claim) ([]store.Claimed, error) {
	if err := t.fence(c.HostID); err != nil {
		return nil, err
	}
	facts, err := t.facts(c)
	if err != nil {
		return nil, err
	}
	claimed := store.Decide(c, facts)
	if err := t.writeClaimed(c, claimed, facts); err != nil {
		return nil, err
	}
	if !c.Until.IsZero() {
		err = t.settled(c.Until)
	}
	return claimed, err
}

func (t *tx) writeClaimed(c store.Claim, claimed []store.Claimed, facts []store.Fact) error {
	var firings []run.Firing
	var runs []made
	var replaced []run.Run
	for i, what := range claimed {
		switch {
		case !what.Won, facts[i].Settled: // another's, or written by an earlier call
		case what.Outcome == run.Ran:
			t.tally.firing(run.Ran)
			t.dueBy(c.Due[i].DueAt)
			runs = append(runs, made{Run: c.RunOf(c.Due[i], what, facts[i].Version), Kept: c.Due[i].Policy.Kept()})
			replaced = append(replaced, what.Replaces...)
		default:
			firings = append(firings, c.FiringOf(c.Due[i], what, facts[i].Version))
		}
	}
	if _, err := t.settle(firings); err != nil {
		return err
	}
	if err := t.addRuns(runs, c.HostID); err != nil {
		return err
	}
	return t.closeWaiting(replaced)
}

// closeWaiting ends waiting runs, as they are given: those of them that are open go
// on.
func (t *tx) closeWaiting(runs []run.Run) error {
	var args, ids []any
	for _, r := range runs {
		if r.State.Open() {
			continue
		}
		t.tally.move(run.Waiting, r.State)
		ids = append(ids, r.ID)
		args = append(args, r.ID, string(r.State), string(r.Reason), micros(r.EndedAt), r.Summary, r.Error)
	}
	if err := t.bulk(nil, endRunQuery, 6, args); err != nil {
		return err
	}
	return t.keep(ids)
}

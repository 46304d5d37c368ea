package postgres

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
	const act = "claiming firings"
	if err := c.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", act, err)
	}
	all := make([]store.Claimed, 0, len(c.Due))
	for {
		part, rest := c, c.Due[min(chunk, len(c.Due)):]
		if part.Due = c.Due[:len(c.Due)-len(rest)]; len(rest) > 0 {
			part.Until = time.Time{} // the last chunk moves what is settled
		}
		var claimed []store.Claimed
		err := d.write(ctx, act, func(t *tx) (err error) {
			claimed, err = t.claim(part)
			return err
		})
		if err != nil {
			return all, err
		}
		if all, c.Due = append(all, claimed...), rest; len(rest) == 0 {
			return all, nil
		}
	}
}

// claim settles one chunk. Whether one whose answer was lost was committed is not
// looked for: the same claim, made again, has the same answer. Its Until is zero when more chunks follow.
func (t *tx) claim(c store.Claim) ([]store.Claimed, error) {
	t.lockShared()
	t.lockOpen(c.Due)
	if c.Until.IsZero() {
		t.fence(c.HostID)
	} else {
		t.settled(c.HostID, c.Until)
	}
	learned := t.ask(c)
	if err := t.flush(); err != nil || len(c.Due) == 0 {
		return nil, err
	}
	if err := t.askOwn(learned, c.Due); err != nil {
		return nil, err
	}
	facts := learned.of(c)
	claimed := store.Decide(c, facts)
	if err := t.writeClaimed(c, claimed, facts); err != nil {
		return nil, err
	}
	waits := false
	for i, what := range claimed {
		if !what.Won || facts[i].Settled {
			continue
		}
		if t.tally.firing(what.Outcome); what.Outcome == run.Ran {
			t.tally.run(run.Run{State: what.State, Plugin: c.Due[i].Plugin})
			waits = waits || what.State == run.Waiting
		}
	}
	if waits {
		t.wake()
	}
	return claimed, nil
}

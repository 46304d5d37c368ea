package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"butlerd/host/run"
)

// Cutoff is when the oldest of the newest n ended runs was made. How many there are
// is known, so that the runs are counted from the nearer end.
func (d *DB) Cutoff(ctx context.Context, n int64) (at time.Time, err error) {
	const act = "counting what is to be kept"
	if n < 1 {
		return at, fmt.Errorf("%s: %d runs: it must be 1 or more", act, n)
	}
	err = d.called(ctx, act, func() error {
		return d.transact(ctx, beginRead, true, func(t *tx) error {
			var ended int64
			t.sums(func(key counted, n int64) {
				if key.of == ofRuns && !run.State(key.word).Open() {
					ended += n
				}
			})
			if err := t.flush(); err != nil || ended < n {
				return err
			}
			query, skip := cutoffQuery("DESC"), n-1
			if ended-n < skip {
				query, skip = cutoffQuery("ASC"), ended-n
			}
			var found []time.Time
			list(t, &found, scanTime, query, skip)
			if err := t.flush(); err != nil || len(found) == 0 {
				return err
			}
			at = found[0].UTC()
			return nil
		})
	})
	return at, err
}

// cutoffQuery lists when ended runs were made, each state from an index of its own.
func cutoffQuery(order string) string {
	var arms []string
	for _, state := range run.States() {
		if !state.Open() {
			arms = append(arms, "(SELECT created_at FROM runs WHERE state = '"+string(state)+"' ORDER BY created_at "+order+")")
		}
	}
	return "SELECT created_at FROM (" + strings.Join(arms, " UNION ALL ") + ") AS r ORDER BY created_at " + order + " OFFSET $1 LIMIT 1"
}

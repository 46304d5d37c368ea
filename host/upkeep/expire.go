package upkeep

import (
	"context"
	"fmt"
	"time"
)

// Expire removes all values that have expired by now. They are not there for anybody
// before that either: what is given back is their room on the disk.
func (u *Upkeep) Expire(ctx context.Context) error {
	total, at := 0, u.opts.Now()
	for more := true; more; {
		began := time.Now()
		n, err := u.opts.Ledger.RemoveExpired(ctx, at, batch)
		if err != nil {
			return fmt.Errorf("removing what has expired: %w", err)
		}
		total += n
		more = n == batch && pause(ctx, rest*time.Since(began))
	}
	if total > 0 {
		u.opts.Log.Info("expired values removed", "values", total)
	}
	return ctx.Err()
}

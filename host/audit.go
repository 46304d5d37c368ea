package host

import (
	"context"
	"time"

	"butlerd/host/audit"
	"butlerd/host/config"
	"butlerd/host/explain"
	"butlerd/host/store"
)

// Verify verifies the ledger of a store; also one that no host uses.
func Verify(ctx context.Context, st store.Store, c config.Host, o audit.Options) (audit.Report, error) {
	o.LateLimit = c.LateLimit
	return audit.Verify(ctx, st, o)
}

// Explain explains an instant of a schedule of a store.
func Explain(ctx context.Context, st store.Store, q explain.Query) (explain.Explanation, error) {
	return explain.Explain(ctx, st, q)
}

// auditor verifies and explains for the API.
type auditor struct {
	*Host
	turn chan struct{} // one verification at a time: each reads the whole ledger
}

func newAuditor(h *Host) auditor { return auditor{h, make(chan struct{}, 1)} }

// Verify implements api.Audit.
func (a auditor) Verify(ctx context.Context, from, to time.Time) (audit.Report, error) {
	select {
	case a.turn <- struct{}{}:
	case <-ctx.Done():
		return audit.Report{}, ctx.Err()
	}
	defer func() { <-a.turn }()
	// It has a cache of its own: the ledger's versions would only fill that of the host,
	// which finds them by a pointer that is another one each time they are read.
	return Verify(ctx, a.store, a.running.Host, audit.Options{From: from, To: to, Now: a.keeper.Now})
}

// Explain implements api.Audit.
func (a auditor) Explain(ctx context.Context, scheduleID, at string) (explain.Explanation, error) {
	return Explain(ctx, a.store, explain.Query{ScheduleID: scheduleID, At: at, Now: a.keeper.Now()})
}

// startSealing seals the days that are over, and each further one as it ends.
func (h *Host) startSealing() {
	h.sealer = audit.NewSealer(audit.SealerOptions{Store: h.store, Now: h.keeper.Now, Log: h.log})
	h.sealer.Start()
	h.closers.add("sealer", func() error { h.sealer.Stop(); return nil })
}

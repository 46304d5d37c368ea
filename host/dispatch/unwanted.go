package dispatch

import (
	"context"
	"errors"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// unwantedMemory is how long it is kept that a run is unwanted which the ledger never
// had: far longer than any call of the store takes.
const unwantedMemory = time.Hour

// mayBeMade says whether a write that has failed may be in the ledger all the same:
// its answer was lost, or not waited for. A host without a lease has written nothing.
func mayBeMade(err error) bool {
	return !errors.Is(err, store.ErrFenced) && (errors.Is(err, store.ErrUnavailable) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded))
}

// disown remembers a run whose caller was told that it was not made. Should the ledger
// have it, this host ends it instead of beginning it, see beginTaken: its caller has
// asked again, or has given up. Another host that takes it, because it waits, knows
// nothing of that.
func (d *Dispatcher) disown(runID string, err error) {
	if !mayBeMade(err) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	for id, at := range d.unwanted {
		if now.Sub(at) > unwantedMemory {
			delete(d.unwanted, id)
		}
	}
	d.unwanted[runID] = now
}

// own forgets that a run is unwanted, and says whether it was. Somebody has asked for
// it again, by its key, or it is being ended.
func (d *Dispatcher) own(runID string) (unwanted bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, unwanted = d.unwanted[runID]
	delete(d.unwanted, runID)
	return unwanted
}

// endUnwanted has a run end that is about to begin and is unwanted: its plugin is not
// called.
func (d *Dispatcher) endUnwanted(r run.Run) {
	if !d.own(r.ID) {
		return
	}
	d.opts.Log.Warn("ending a run that its caller was told was not made", about(r)...)
	d.endSoon(r.ID, run.CauseCancelled)
}

package host

import "butlerd/host/upkeep"

// startUpkeep lets go of what is too old to be kept. It comes after the sealer, and
// ends before it: only what is sealed is deleted.
func (h *Host) startUpkeep() {
	h.upkeep = upkeep.New(upkeep.Options{Ledger: h.store, Keep: h.keep, Now: h.keeper.Now, Log: h.log})
	h.upkeep.Start()
	h.closers.add("upkeep", func() error { h.upkeep.Stop(); return nil })
}

// keep is what the configuration in force has as its history block.
func (h *Host) keep() upkeep.Keep {
	history := h.current().config.History
	return upkeep.Keep{For: history.Keep, Runs: int64(history.KeepRuns)}
}

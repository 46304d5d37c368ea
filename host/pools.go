package host

// setPools tells the dispatcher which pools there are, before what comes into force
// with them: at the start, and at each reload.
func (h *Host) setPools(l *loaded) {
	pools, ofPlugin := poolsOf(l.config)
	h.dispatcher.SetPools(pools, ofPlugin)
}

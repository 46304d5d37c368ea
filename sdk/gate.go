package sdk

// gate is a lock that may be held while waiting for a peer. It is a channel and
// no sync.Mutex because in a synctest bubble time stands still while a
// goroutine waits for a mutex.
type gate chan struct{}

func newGate() gate { return make(gate, 1) }

func (g gate) lock()   { g <- struct{}{} }
func (g gate) unlock() { <-g }

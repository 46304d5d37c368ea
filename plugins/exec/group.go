package exec

import (
	"errors"

	"butlerd/sdk"
)

// stop asks the program and what it started to end; os/exec makes it end after
// its wait delay. When the host has lost its lease there is no time for manners:
// another host may run the same program at any moment.
func (g *group) stop(cause error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if errors.Is(cause, sdk.ErrLeaseLost) {
		g.kill()
		return nil
	}
	g.terminate()
	return nil
}

// end ends what the program left running. Nothing is to be done with the group
// afterwards.
func (g *group) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.kill()
	g.close()
}

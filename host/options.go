package host

import (
	"log/slog"
	"net"
	"time"

	"butlerd/host/config"
	"butlerd/host/store"
	"butlerd/sdk"
)

// Options are what New needs.
type Options struct {
	// Config says which files to load and what overrides them. Its Bundled is
	// filled in from Bundled below.
	Config config.Options
	// Version of the program, for people and plugins.
	Version string
	// Bundled are the plugins that need no path. The host does not import them.
	Bundled []Bundled
	// Listener serves the API in place of the configured address; nil: listen
	// there. The host closes it.
	Listener net.Listener
	// Store is used in place of the configured one, for tests in which a ledger
	// outlives its host or fails on purpose; nil: the configured one. The host closes
	// it.
	Store store.Store
	// Now is the clock of the machine, for tests that set it; nil: that of package
	// time. With a store that has a clock of its own it has no effect.
	Now func() time.Time
	// InMemory keeps the ledger in memory only, for tests in virtual time.
	InMemory bool
	// Log is where the host logs; nil: to standard error, as configured.
	Log *slog.Logger
}

// Bundled is a plugin that comes with the program.
type Bundled struct {
	Name string
	// Command starts the program so that it serves the plugin. Empty: it is served
	// in the host's own process, for tests.
	Command []string
	// BuildID is the build that Command has to be, as the SDK tells it; empty: any.
	// The program may be replaced by another build while the host runs.
	BuildID string
	// Make makes the plugin when Command is empty.
	Make func() sdk.Plugin
}

func (o Options) names() []string {
	names := make([]string, len(o.Bundled))
	for i, b := range o.Bundled {
		names[i] = b.Name
	}
	return names
}

func (o Options) bundled(name string) (Bundled, bool) {
	for _, b := range o.Bundled {
		if b.Name == name {
			return b, true
		}
	}
	return Bundled{}, false
}

package plugin

import (
	"time"

	"butlerd/sdk"
)

// Spec says what to run and how.
type Spec struct {
	Name string // as declared; the process must call itself the same
	// Command is the program and its arguments. Empty: Make is served in the
	// host's own process, over a pipe.
	Command []string
	// SelfExec says that Command is the host's own binary, which needs no check of
	// its own.
	SelfExec bool
	// BuildID is the build that the process has to be; empty: any.
	BuildID string
	// Make makes a bundled plugin; used when Command is empty.
	Make func() sdk.Plugin

	SHA256       string            // of Command's program, in hex; empty: not pinned
	Env          map[string]string // beside what every plugin gets, see environ
	Dir          string            // working directory; empty: the host's
	StartTimeout time.Duration     // from launch to a Describe answered; 0: 10s
	StopGrace    time.Duration     // for an attempt asked to end, before its stream is cut; 0: 10s
	RenewTimeout time.Duration     // for the plugin to take a renewal of the host's lease; 0: 1s
}

// Defaults of Spec.
const (
	defaultStartTimeout = 10 * time.Second
	defaultStopGrace    = 10 * time.Second
	defaultRenewTimeout = time.Second
)

func (s Spec) withDefaults() Spec {
	if s.StartTimeout <= 0 {
		s.StartTimeout = defaultStartTimeout
	}
	if s.StopGrace <= 0 {
		s.StopGrace = defaultStopGrace
	}
	if s.RenewTimeout <= 0 {
		s.RenewTimeout = defaultRenewTimeout
	}
	return s
}

package exec

import (
	"context"
	"sync/atomic"

	"butlerd/sdk"
)

// Name is the plugin's, and that of its one action.
const Name = "exec"

// Plugin is the plugin, not configured yet.
func Plugin() sdk.Plugin {
	p := &plugin{}
	return sdk.Plugin{
		Name:      Name,
		Version:   "1.0.0",
		Doc:       "Runs programs on the machine of the host.",
		Configure: sdk.NewConfigure(p.configure),
		Actions:   []sdk.Action{p.action()},
	}
}

// plugin is what the runs of a process share.
type plugin struct {
	config atomic.Pointer[Config] // nil until it is configured; nothing runs before
}

func (p *plugin) action() sdk.Action {
	return sdk.NewAction(Name, p.exec).WithDoc("Runs a program, without a shell, and waits for its end. What it prints is the run's output, and on standard error lines of its log; the last line is the run's summary.")
}

func (p *plugin) configure(_ context.Context, c Config) error {
	p.config.Store(&c)
	return nil
}

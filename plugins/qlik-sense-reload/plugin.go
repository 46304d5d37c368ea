package reload

import (
	"sync/atomic"

	"butlerd/plugins/qlik-sense-reload/qrs"
	"butlerd/sdk"
)

// Name is the plugin's, and that of its one action; the others are queries.
const Name = "qlik-sense-reload"

// Plugin is the plugin, not configured yet.
func Plugin() sdk.Plugin {
	p := &plugin{}
	return sdk.Plugin{
		Name:      Name,
		Version:   "1.0.0",
		Doc:       "Starts tasks in Qlik Sense Enterprise on Windows and follows them to their end.",
		Configure: sdk.NewConfigure(p.configure),
		Actions:   append([]sdk.Action{p.action()}, p.queries()...),
	}
}

// plugin is what the runs of a process share.
type plugin struct {
	client atomic.Pointer[qrs.Client] // nil until it is configured
}

func (p *plugin) action() sdk.Action {
	return sdk.NewAction(Name, p.run).WithDoc("Starts one task, or all tasks with a tag or a custom property, and waits for their end.").WithResume()
}

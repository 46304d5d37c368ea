package app

import (
	"context"
	"sync/atomic"
	"time"

	"butlerd/plugins/qlik-sense-app/engine"
	"butlerd/sdk"
)

// Name is the plugin's.
const Name = "qlik-sense-app"

// What it does, as a host names it.
const (
	// Reload is the type of the action.
	Reload = "qlik-sense-app-reload"
	// DumpQuery is the type of the query.
	DumpQuery = "qlik-sense-app-dump"
)

// Plugin is the plugin, not configured yet.
func Plugin() sdk.Plugin {
	p := &plugin{}
	return sdk.Plugin{
		Name:      Name,
		Version:   "1.0.0",
		Doc:       "Reloads apps in Qlik Sense Enterprise on Windows without a task, and tells what they consist of.",
		Configure: sdk.NewConfigure(p.configure),
		Actions: []sdk.Action{
			sdk.NewAction(Reload, p.reload).WithDoc("Reloads an app in the engine and saves it."),
			sdk.NewQuery(DumpQuery, p.dump).WithDoc("Tells the properties, the load script and the objects of an app."),
		},
	}
}

// plugin is what the runs and queries of a process share.
type plugin struct {
	site atomic.Pointer[site] // nil until it is configured
}

// site is a configuration in use.
type site struct {
	dialer     engine.Dialer
	appTimeout time.Duration
}

// configure takes effect for what begins later.
func (p *plugin) configure(_ context.Context, c Config) error {
	s, err := c.site()
	if err != nil {
		return err
	}
	p.site.Store(s)
	return nil
}

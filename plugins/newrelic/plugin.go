package newrelic

import (
	"context"
	"net/http"
	"sync/atomic"

	"butlerd/plugins/internal/post"
	"butlerd/sdk"
)

// Name is the plugin's; the others are those of its actions.
const (
	Name   = "newrelic"
	Event  = "newrelic-event"
	Metric = "newrelic-metric"
)

// Plugin is the plugin, not configured yet.
func Plugin() sdk.Plugin {
	p := &plugin{}
	return sdk.Plugin{
		Name:      Name,
		Version:   "1.0.0",
		Doc:       "Sends custom events and metrics to New Relic.",
		Configure: sdk.NewConfigure(p.configure),
		Actions: []sdk.Action{
			sdk.NewAction(Event, p.event).WithDoc("Sends one custom event to New Relic's Event API. When no answer comes the attempt has failed, and the event may have been taken all the same."),
			sdk.NewAction(Metric, p.metric).WithDoc("Sends one value of a metric to New Relic's Metric API. When no answer comes the attempt has failed, and the value may have been taken all the same."),
		},
	}
}

// plugin is what the runs of a process share.
type plugin struct {
	account atomic.Pointer[account] // nil until it is configured; nothing runs before
}

// account is where things are sent, and as whom.
type account struct {
	Config
	header http.Header
	sender *post.Sender
}

func (p *plugin) configure(_ context.Context, c Config) error {
	header := http.Header{}
	for name, value := range c.Headers {
		header.Set(name, value)
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Api-Key", c.InsertKey)
	old := p.account.Swap(&account{Config: c, header: header, sender: post.New(post.Options{
		Service: "New Relic",
		Timeout: c.Timeout,
		Secrets: c.secrets(),
	})})
	if old != nil {
		old.sender.Close()
	}
	return nil
}

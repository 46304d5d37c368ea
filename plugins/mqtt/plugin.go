package mqtt

import (
	"context"
	"fmt"
	"sync/atomic"

	"butlerd/sdk"
)

// Name is the plugin's, and Publish that of its one action.
const (
	Name    = "mqtt"
	Publish = "mqtt-publish"
)

// Plugin is the plugin, not configured yet.
func Plugin() sdk.Plugin {
	p := &plugin{}
	return sdk.Plugin{
		Name:      Name,
		Version:   "1.0.0",
		Doc:       "Publishes messages to an MQTT broker.",
		Configure: sdk.NewConfigure(p.configure),
		Actions: []sdk.Action{
			sdk.NewAction(Publish, p.publish).WithDoc("Publishes one message. With qos 0 the attempt has succeeded once the message is written to the connection, with 1 and 2 once the broker has acknowledged it. Another attempt publishes a message of its own, also with qos 2."),
		},
	}
}

// plugin is what the runs of a process share.
type plugin struct {
	broker atomic.Pointer[broker] // nil until it is configured; nothing runs before
}

// configure makes the broker that later runs use; those under way keep theirs.
func (p *plugin) configure(_ context.Context, c Config) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	if old := p.broker.Swap(newBroker(options, c.Timeout)); old != nil {
		old.retire()
	}
	return nil
}

func (p *plugin) publish(ctx context.Context, run *sdk.Run, args Arguments) (struct{}, error) {
	if err := p.broker.Load().publish(ctx, args); err != nil {
		return struct{}{}, err
	}
	run.Summary(fmt.Sprintf("published %d bytes to %s", len(args.Message), args.Topic))
	return struct{}{}, nil
}

package slack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"butlerd/plugins/internal/post"
	"butlerd/sdk"
)

// Name is the plugin's, and Message that of its one action.
const (
	Name    = "slack"
	Message = "slack-message"
)

// Plugin is the plugin, not configured yet.
func Plugin() sdk.Plugin {
	p := &plugin{}
	return sdk.Plugin{
		Name:      Name,
		Version:   "1.0.0",
		Doc:       "Posts messages to Slack through an incoming webhook.",
		Configure: sdk.NewConfigure(p.configure),
		Actions: []sdk.Action{
			sdk.NewAction(Message, p.message).WithDoc("Posts one message to a channel. When no answer comes the attempt has failed, and the message may have been posted all the same."),
		},
	}
}

// Config is the config block of the plugin.
type Config struct {
	WebhookURL string        `hcl:"webhook_url" sensitive:"true" doc:"address of the incoming webhook, as Slack shows it. Whoever knows it can post"`
	Timeout    time.Duration `hcl:"timeout" default:"10s" doc:"how long a request may take, connecting included; 1s to 10m"`
}

// Validate tells all that is wrong, without the address.
func (c *Config) Validate() error {
	return errors.Join(
		sdk.At(post.CheckAddress(c.WebhookURL), "webhook_url"),
		sdk.At(post.CheckTimeout(c.Timeout), "timeout"),
	)
}

// plugin is what the runs of a process share.
type plugin struct {
	webhook atomic.Pointer[webhook] // nil until it is configured; nothing runs before
}

type webhook struct {
	url    string
	sender *post.Sender
}

func (p *plugin) configure(_ context.Context, c Config) error {
	old := p.webhook.Swap(&webhook{url: c.WebhookURL, sender: post.New(post.Options{
		Service: "Slack",
		Timeout: c.Timeout,
		Secrets: post.AddressSecrets(c.WebhookURL),
	})})
	if old != nil {
		old.sender.Close()
	}
	return nil
}

// Posted is the result.
type Posted struct {
	Blocks int `json:"blocks" doc:"into how many parts the text was split; 1 for up to 3,000 characters"`
}

func (p *plugin) message(ctx context.Context, run *sdk.Run, args Arguments) (Posted, error) {
	hook := p.webhook.Load()
	message := args.payload()
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	if err := hook.sender.Send(ctx, hook.url, header, message); err != nil {
		return Posted{}, err
	}
	run.Summary(fmt.Sprintf("posted to %s as %s", args.Channel, args.FromUser))
	return Posted{Blocks: len(message.Blocks)}, nil
}

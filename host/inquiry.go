package host

import (
	"context"
	"encoding/json"
	"fmt"

	"butlerd/host/config"
)

// Inquiry is a configuration that is looked at and not run: its plugins answer
// queries, but no schedule fires, no port is opened and no store. It works beside a
// host that runs the same configuration.
type Inquiry struct {
	Config    *config.Config
	Schedules []*config.Schedule // of files, typed
	plugins   *pluginSet
}

// Inquire loads a configuration and starts its plugins, as Start would. What is wrong
// with it is a *DiagnosticsError. Close ends the plugins.
func Inquire(ctx context.Context, o Options) (*Inquiry, config.Diagnostics, error) {
	o.Config.Bundled = o.names()
	c, diags := config.Load(o.Config)
	if diags.HasErrors() {
		return nil, diags, &DiagnosticsError{diags}
	}
	l, found := complete(ctx, c, quietStarter(o), nil)
	if diags = append(diags, found...); l == nil {
		return nil, diags, &DiagnosticsError{diags}
	}
	return &Inquiry{Config: c, Schedules: l.schedules, plugins: l.plugins}, diags, nil
}

// Query asks the plugin that answers a query, and decodes its answer into result.
func (i *Inquiry) Query(ctx context.Context, query string, arguments, result any) error {
	p := i.plugins.answering(query)
	if p == nil {
		return fmt.Errorf("no plugin of the configuration answers %q", query)
	}
	document, err := json.Marshal(arguments)
	if err != nil {
		return err
	}
	answer, err := p.Query(ctx, query, document)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, result); err != nil {
		return fmt.Errorf("reading the answer to %q: %w", query, err)
	}
	return nil
}

// Close ends the plugins. It is repeatable.
func (i *Inquiry) Close() { i.plugins.stopStarted() }

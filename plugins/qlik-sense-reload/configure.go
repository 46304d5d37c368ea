package reload

import (
	"cmp"
	"context"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

// configure makes the client that later runs use; those under way keep theirs.
func (p *plugin) configure(_ context.Context, c Config) error {
	config, err := c.tlsConfig()
	if err != nil {
		return err
	}
	options := qrs.Options{
		Hosts:   c.addresses(),
		Auth:    c.auth(),
		TLS:     config,
		Timeout: c.RequestTimeout,
	}
	if c.VirtualProxy != nil {
		options.Proxy = true
		options.Prefix = c.VirtualProxy.Prefix
	}
	client, err := qrs.New(options)
	if err != nil {
		return err
	}
	if old := p.client.Swap(client); old != nil {
		old.Close()
	}
	return nil
}

func (c *Config) auth() qrs.Auth {
	switch v := cmp.Or(c.VirtualProxy, &VirtualProxy{}); {
	case v.JWT != "":
		return qrs.WithJWT(v.JWT)
	case v.HeaderName != "":
		return qrs.WithHeader(v.HeaderName, v.HeaderValue)
	}
	return qrs.AsUser(c.UserDirectory, c.UserID)
}

package reload

import (
	"cmp"
	"context"
	"crypto/tls"

	"butlerd/plugins/internal/qliksite"
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

// Ports of Qlik Sense: the repository service itself, and its proxy.
const (
	directPort = 4242
	proxyPort  = 443
)

// addresses are the hosts with their ports, in the order they are tried.
func (c *Config) addresses() []string {
	port := cmp.Or(c.Port, directPort)
	if c.VirtualProxy != nil {
		port = cmp.Or(c.Port, proxyPort)
	}
	return qliksite.Addresses(c.Host, c.Hosts, port)
}

// tlsConfig loads the files. Validate has seen to it that a virtual proxy has no
// client certificate.
func (c *Config) tlsConfig() (*tls.Config, error) {
	return qliksite.Certificates{
		ClientCert: c.ClientCert,
		ClientKey:  c.ClientKey,
		RootCert:   c.RootCert,
		ServerName: c.ServerName,
		Insecure:   c.Insecure,
	}.TLS()
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

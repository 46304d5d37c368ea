package app

import (
	"errors"
	"time"

	"butlerd/plugins/internal/qliksite"
	"butlerd/plugins/qlik-sense-app/engine"
	"butlerd/sdk"
)

// Config is the config block of the plugin: where the engine is and as whom to
// call it.
type Config struct {
	Host  string   `hcl:"host,optional" doc:"host name or IP address of a node with an engine; may end in a port of its own, which then counts instead of port. Exactly one of host and hosts is needed"`
	Hosts []string `hcl:"hosts,optional" doc:"several of them: each run and query goes to the first that can be reached, in this order"`
	Port  int      `hcl:"port" default:"4747" doc:"TCP port of the engine, not of the proxy"`

	ClientCert string `hcl:"client_cert" doc:"path of the client certificate as exported by Qlik Sense (client.pem), in PEM format; relative to the directory the plugin is started in"`
	ClientKey  string `hcl:"client_key" doc:"path of its key (client_key.pem), in PEM format, exported without a password"`
	RootCert   string `hcl:"root_cert,optional" doc:"path of the certificate that Qlik Sense's own is checked against (root.pem), in PEM format; left out: what the operating system trusts"`
	ServerName string `hcl:"server_name,optional" doc:"the name that the certificate of Qlik Sense is for, when it is not the host's; it is often the short name of the machine"`
	Insecure   bool   `hcl:"insecure" default:"false" doc:"do not check the certificate of Qlik Sense: anybody in between can read and change everything. root_cert and server_name are the better cure"`

	UserDirectory string `hcl:"user_directory" default:"INTERNAL" doc:"directory of the user to act as in Qlik Sense"`
	UserID        string `hcl:"user_id" default:"sa_repository" doc:"id of the user to act as. It needs the right to open, reload and save the apps, and to use their data connections"`

	RequestTimeout time.Duration `hcl:"request_timeout" default:"30s" doc:"how long one request may take, and connecting to one host; 1s to 10m. Opening and saving an app have app_timeout, and a reload lasts as long as its run may"`
	AppTimeout     time.Duration `hcl:"app_timeout" default:"10m" doc:"how long opening or saving an app may take, with all its data; 1s to 2h"`
}

// Bounds of the times.
const (
	minTimeout        = time.Second
	maxRequestTimeout = 10 * time.Minute
	maxAppTimeout     = 2 * time.Hour
)

// Validate tells all that is wrong with the text; it reads no file.
func (c *Config) Validate() error {
	errs := []error{qliksite.CheckHosts(c.Host, c.Hosts), qliksite.CheckUser(c.UserDirectory, c.UserID)}
	if c.Port < 1 || c.Port > 65535 {
		errs = append(errs, sdk.At(errors.New("must be between 1 and 65535"), "port"))
	}
	if c.ClientCert == "" {
		errs = append(errs, sdk.At(errors.New("must be the path of a file"), "client_cert"))
	}
	if c.ClientKey == "" {
		errs = append(errs, sdk.At(errors.New("must be the path of a file"), "client_key"))
	}
	if c.RequestTimeout < minTimeout || c.RequestTimeout > maxRequestTimeout {
		errs = append(errs, sdk.At(errors.New("must be between 1s and 10m"), "request_timeout"))
	}
	if c.AppTimeout < minTimeout || c.AppTimeout > maxAppTimeout {
		errs = append(errs, sdk.At(errors.New("must be between 1s and 2h"), "app_timeout"))
	}
	return errors.Join(errs...)
}

// site loads the certificates.
func (c *Config) site() (*site, error) {
	config, err := qliksite.Certificates{
		ClientCert: c.ClientCert,
		ClientKey:  c.ClientKey,
		RootCert:   c.RootCert,
		ServerName: c.ServerName,
		Insecure:   c.Insecure,
	}.TLS()
	if err != nil {
		return nil, err
	}
	return &site{
		dialer: engine.Dialer{
			Hosts:   qliksite.Addresses(c.Host, c.Hosts, c.Port),
			User:    qliksite.User(c.UserDirectory, c.UserID),
			TLS:     config,
			Timeout: c.RequestTimeout,
		},
		appTimeout: c.AppTimeout,
	}, nil
}

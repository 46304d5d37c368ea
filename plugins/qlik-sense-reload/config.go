package reload

import (
	"errors"
	"time"

	"butlerd/plugins/internal/qliksite"
	"butlerd/sdk"
)

// Config is the config block of the plugin: where Qlik Sense is and as whom to
// call it. Exactly one way of authenticating has to be given: a client
// certificate, or a virtual proxy with a header or a JWT.
type Config struct {
	Host  string   `hcl:"host,optional" doc:"host name or IP address of the central node, or of the proxy with virtual_proxy; may end in a port of its own, which then counts instead of port. Exactly one of host and hosts is needed"`
	Hosts []string `hcl:"hosts,optional" doc:"several of them, for a site with failover of the central node: requests go to the first, to the next when that one cannot answer, and stay where they were answered. A start is sent to another only when it is certain that it did not arrive"`
	Port  int      `hcl:"port,optional" doc:"TCP port; default 4242, and 443 with virtual_proxy"`

	ClientCert string `hcl:"client_cert,optional" doc:"path of the client certificate as exported by Qlik Sense (client.pem), in PEM format; relative to the directory the plugin is started in"`
	ClientKey  string `hcl:"client_key,optional" doc:"path of its key (client_key.pem), in PEM format, exported without a password"`
	RootCert   string `hcl:"root_cert,optional" doc:"path of the certificate that Qlik Sense's own is checked against (root.pem), in PEM format; left out: what the operating system trusts"`
	ServerName string `hcl:"server_name,optional" doc:"the name that the certificate of Qlik Sense is for, when it is not the host's; it is often the short name of the machine"`
	Insecure   bool   `hcl:"insecure" default:"false" doc:"do not check the certificate of Qlik Sense: anybody in between can read and change everything. root_cert and server_name are the better cure"`

	UserDirectory string `hcl:"user_directory" default:"INTERNAL" doc:"directory of the user to act as in Qlik Sense; not with virtual_proxy, which knows its user"`
	UserID        string `hcl:"user_id" default:"sa_repository" doc:"id of the user to act as; not with virtual_proxy. It needs the right to read and start tasks"`

	RequestTimeout time.Duration `hcl:"request_timeout" default:"30s" doc:"how long one request may take at one host, connecting included; 1s to 10m. A start that takes longer is looked for, and the run is lost when it does not show up"`

	VirtualProxy *VirtualProxy `hcl:"virtual_proxy,block" doc:"call Qlik Sense through its proxy, without a client certificate. Either header_name and header_value or jwt is needed"`
}

// VirtualProxy is a virtual proxy of Qlik Sense and how it knows its user.
type VirtualProxy struct {
	Prefix      string `hcl:"prefix,optional" doc:"its prefix, without slashes; left out: the default virtual proxy"`
	HeaderName  string `hcl:"header_name,optional" doc:"with header authentication: the name of the header"`
	HeaderValue string `hcl:"header_value,optional" sensitive:"true" doc:"with header authentication: the user, as DIRECTORY\\user where the virtual proxy has a dynamic user directory"`
	JWT         string `hcl:"jwt,optional" sensitive:"true" doc:"with JWT authentication: the token"`
}

// The bounds of request_timeout. A start/synchronous takes seconds on a busy
// site, and each expiry of one costs a look for what became of it.
const (
	minRequestTimeout = time.Second
	maxRequestTimeout = 10 * time.Minute
)

// Validate tells all that is wrong with the text; it reads no file.
func (c *Config) Validate() error {
	errs := []error{qliksite.CheckHosts(c.Host, c.Hosts), qliksite.CheckUser(c.UserDirectory, c.UserID)}
	if c.Port < 0 || c.Port > 65535 {
		errs = append(errs, sdk.At(errors.New("must be between 1 and 65535"), "port"))
	}
	if c.RequestTimeout < minRequestTimeout || c.RequestTimeout > maxRequestTimeout {
		errs = append(errs, sdk.At(errors.New("must be between 1s and 10m"), "request_timeout"))
	}
	if c.VirtualProxy != nil {
		return errors.Join(append(errs, c.checkNoCertificate(), sdk.At(c.VirtualProxy.check(), "virtual_proxy"))...)
	}
	return errors.Join(append(errs, c.checkCertificate())...)
}

// checkCertificate sees to it that both files are named.
func (c *Config) checkCertificate() error {
	switch {
	case c.ClientCert == "" && c.ClientKey == "":
		return errors.New("needs client_cert and client_key, or a virtual_proxy block: without either Qlik Sense lets nobody in")
	case c.ClientCert == "":
		return sdk.At(errors.New("needs client_cert beside it"), "client_key")
	case c.ClientKey == "":
		return sdk.At(errors.New("needs client_key beside it"), "client_cert")
	}
	return nil
}

// checkNoCertificate keeps the two ways apart: a proxy would not look at the
// certificate, and whoever gave both believes that it does.
func (c *Config) checkNoCertificate() error {
	clash := errors.New("is not used with virtual_proxy; give only one of the two")
	var errs []error
	if c.ClientCert != "" {
		errs = append(errs, sdk.At(clash, "client_cert"))
	}
	if c.ClientKey != "" {
		errs = append(errs, sdk.At(clash, "client_key"))
	}
	return errors.Join(errs...)
}

package qrssim

import (
	"crypto/tls"
	"errors"

	"butlerd/plugins/internal/pki"
)

// errNoDir is an error of what needs certificates.
var errNoDir = errors.New("the simulator has no directory for certificates")

// Certs are the paths of the PEM files of a site, as it would export them.
type Certs struct {
	Root      string // what a client has to trust
	Client    string
	ClientKey string
}

// certificates makes sure that there are certificates, if they have a place.
func (o Options) certificates() (Certs, error) {
	if o.Dir == "" {
		return Certs{}, nil
	}
	files, err := pki.Ensure(o.Dir, o.Hosts)
	return Certs{Root: files.Root, Client: files.Client, ClientKey: files.ClientKey}, err
}

// Certs tells where the certificates are, nowhere without Options.Dir.
func (s *Simulator) Certs() Certs { return s.certs }

// ClientTLS is for a client that trusts the simulator only and shows it the
// client certificate.
func (s *Simulator) ClientTLS() (*tls.Config, error) {
	if s.options.Dir == "" {
		return nil, errNoDir
	}
	return pki.In(s.options.Dir).ClientConfig()
}

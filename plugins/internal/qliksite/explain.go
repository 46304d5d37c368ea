package qliksite

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
)

// Explain adds what to do about the errors of connections that most first attempts
// to configure a client meet. Others stay as they are.
func Explain(err error) error {
	var (
		remote  *net.OpError
		invalid *tls.CertificateVerificationError
		name    x509.HostnameError
	)
	switch {
	case errors.As(err, &name):
		return fmt.Errorf("%w; server_name can say the name to expect", err)
	case errors.As(err, &invalid):
		return fmt.Errorf("%w; root_cert has to be the root of this site", err)
	case errors.As(err, &remote) && remote.Op == "remote error" && strings.Contains(err.Error(), "certificate"):
		return fmt.Errorf("it does not accept the client certificate: %w", err)
	}
	return err
}
